import Glibc
import HostSystem
import Secrets
import Supervision

// Both sides of a detached process, as a program that tests start.
//
//     supervision-probe owner ONCE|TWICE    starts a detached process, says which, and waits for a line
//     supervision-probe guardian            is that process; says on its first inherited descriptor what it sees
//     supervision-probe waiting-guardian    the same, but takes nothing before a byte has come there
let start = StartState.captureAndHarden()
let link = DetachedContext.firstInherited

switch start.words.first {
case "owner": own(start.words.last == "twice")
case "guardian": stayBehind(start)
case "waiting-guardian":
    say("deaf", to: link)
    awaitByte(from: link)
    stayBehind(start)
default: exit(64)
}

func own(_ outlivesUs: Bool) {
    do throws(FileError) {
        let process = try DetachedProcess.start(
            ["supervision-probe", "guardian"],
            contents: Secret("for the guardian"),
            inheriting: [1],
            outlivesUs: outlivesUs
        )
        process.send(Secret("hello"))
        say("started \(process.pid)", to: 1)
        awaitByte(from: 0)
        process.close()
    } catch {
        say("not started: \(error.reason)", to: 1)
    }
}

func stayBehind(_ start: StartState) {
    guard var context = DetachedContext.take(name: "probe", hearing: [SIGTERM]) else {
        say("given nothing", to: 2)
        exit(64)
    }
    let signals = start.signals(blocking: [SIGTERM])
    context.contents.reveal { say("contents \(String(decoding: $0, as: UTF8.self))", to: link) }
    say("ids \(getpid()) \(getpgrp()) \(getsid(0)) \(getppid())", to: link)
    say("variables \(start.environment.entries.count)", to: link)
    say("descriptors \(start.descriptors)", to: link)
    while true {
        var watched = [context.owner.number, signals.number].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        poll(&watched, 2, -1)
        while let signal = signals.next() { say("told \(signal.number)", to: link) }
        while let event = context.owner.next() {
            switch event {
            case .message(let message):
                message.reveal { say("message \(String(decoding: $0, as: UTF8.self))", to: link) }
            case .ended:
                say("alone", to: link)
                exit(0)
            }
        }
    }
}

func say(_ text: String, to descriptor: Int32) {
    _ = writeOnce(Array((text + "\n").utf8), to: descriptor)
}

func writeOnce(_ bytes: [UInt8], to descriptor: Int32) -> Int {
    bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
}

func awaitByte(from descriptor: Int32) {
    var byte: UInt8 = 0
    _ = read(descriptor, &byte, 1)
}
