import Glibc
import HostSystem
import Secrets
import TestBench
import Testing

@testable import Supervision

/// A process that goes on when we are killed.
@Suite(.ownThreads) struct DetachedTests {
    @Test(arguments: [true, false])
    func `it has a session of its own, and nothing of ours but what it was given`(outlivesUs: Bool) throws {
        let link = try Link()
        let process = try Probe.start("guardian", "all it needs", link: link.theirs, outlivesUs: outlivesUs)
        link.leave()
        let pid = String(process.pid)
        #expect(try link.nextLine() == "contents all it needs")
        let ids = try link.words(after: "ids")
        #expect(Array(ids.prefix(3)) == [pid, pid, pid])
        #expect((ids[3] == String(getpid())) == !outlivesUs, "a child of ours, or of nobody")
        #expect(try link.nextLine() == "variables 0")
        #expect(try link.nextLine() == "descriptors [3, 4, 5]")
        process.reap()
        #expect(try link.nextLine() == "alone")
        #expect(try link.nextLine() == nil)
    }

    @Test func `its contents may be as large as a bundle of authorities`() throws {
        let link = try Link()
        let contents = (0..<40_000).map { "line \($0)" }.joined(separator: "|")
        let process = try Probe.start("guardian", contents, link: link.theirs, outlivesUs: true)
        #expect(try link.nextLine() == "contents " + contents)
        process.close()
    }

    @Test func `each message arrives once, whole and in order, and then our end`() throws {
        let link = try Link()
        let process = try Probe.start("guardian", link: link.theirs, outlivesUs: true)
        let messages = (0..<200).map { String(repeating: "x", count: $0 * 2) + "\($0)" }
        for message in messages { process.send(Secret(message)) }
        for message in messages { #expect(try link.words(after: "message") == [message]) }
        process.close()
        #expect(try link.nextLine() == "alone")
    }

    @Test func `a message that would not be one piece is not sent`() throws {
        let link = try Link()
        let process = try Probe.start("guardian", link: link.theirs, outlivesUs: true)
        let isLongSent = process.send(Secret([UInt8](repeating: 0x61, count: DetachedProcess.longestMessage + 1)))
        let isSent = process.send(Secret([UInt8](repeating: 0x61, count: DetachedProcess.longestMessage)))
        #expect(!isLongSent && isSent)
        #expect(try link.words(after: "message")[0].count == DetachedProcess.longestMessage)
        process.close()
    }

    @Test func `a process that is gone or does not read holds nobody up`() throws {
        let link = try Link()
        let stopped = try Probe.start("waiting-guardian", link: link.theirs, outlivesUs: true)
        link.leave()
        #expect(try link.nextLine() == "deaf")
        var sent = 0
        while stopped.send(Secret([UInt8](repeating: 0x61, count: 500))) { sent += 1 }
        #expect(sent > 0, "what the pipe holds")
        kill(stopped.pid, SIGKILL)
        #expect(try link.nextLine() == nil)
        // Its descriptors are closed one after the other; all are when nothing but its status is left.
        while let status = text(of: "/proc/\(stopped.pid)/status"), !status.contains("State:\tZ"),
            !status.contains("State:\tX")
        {
            sched_yield()
        }
        let isSent = stopped.send(Secret("a"))
        #expect(!isSent)
        stopped.close()
    }

    @Test func `no signal ends it before it has what it needs, and the one meant for it is heard`() throws {
        let link = try Link()
        let process = try Probe.start("waiting-guardian", "late", link: link.theirs, outlivesUs: true)
        link.leave()
        #expect(try link.nextLine() == "deaf")
        for _ in 0..<2 { kill(process.pid, SIGTERM) }
        link.send(0)
        #expect(try link.nextLine() == "contents late")
        #expect(try link.words(after: "told") == [String(SIGTERM)])
        process.close()
        #expect(try link.words(after: "alone").isEmpty)
    }

    @Test func `what is not meant for it ends it once it has what it needs`() throws {
        let link = try Link()
        let process = try Probe.start("guardian", link: link.theirs, outlivesUs: true)
        link.leave()
        _ = try link.words(after: "descriptors")
        kill(process.pid, SIGUSR1)
        #expect(try link.nextLine() == nil)
        process.close()
    }

    @Test func `ps shows what it is`() throws {
        let link = try Link()
        let process = try Probe.start("guardian", link: link.theirs, outlivesUs: true)
        _ = try link.words(after: "descriptors")
        #expect(contents(of: "/proc/\(process.pid)/cmdline") == Array("probe\0guardian\0".utf8))
        #expect(text(of: "/proc/\(process.pid)/comm") == "probe\n")
        process.close()
    }

    @Test(arguments: ["once", "twice"])
    func `it outlives a SIGKILL to our whole group, and learns of it`(forks: String) throws {
        var program = Program(Probe.path, ["owner", forks])
        program.hasOwnGroup = true
        program.input = .held
        let owner = try program.start()
        try owner.await("message hello")
        owner.signalGroup(SIGKILL)
        #expect(try owner.waitForExit().signal == SIGKILL)
        try owner.awaitEndOfOutput()
        #expect(owner.outputSoFar.hasSuffix("alone\n"))
    }

    @Test func `where there is no program to start, nothing is left of it`() {
        #expect(throws: FileError(.start, "a process in the background", code: ENOENT)) {
            try DetachedProcess.start(["probe"], executable: "/nowhere", contents: Secret("x"), outlivesUs: true)
                .close()
        }
        #expect(throws: FileError(.start, "a process in the background", code: ENOENT)) {
            try DetachedProcess.start(["probe"], executable: "/nowhere", contents: Secret("x"), outlivesUs: false)
                .reap()
        }
    }

    @Test func `where the user may have no more processes, the caller learns why`() throws {
        // Root has no such limit.
        let words = ["-c", "ulimit -u 1; exec \"$0\" owner twice", Probe.path]
        let program =
            geteuid() == 0
            ? Program("setpriv", ["--reuid=65534", "--clear-groups", "/bin/bash"] + words) : Program("bash", words)
        let result = try program.run()
        #expect(result.output == "not started: resource temporarily unavailable\n", "\(result.error)")
    }

    @Test func `a process that was started by others is given nothing`() throws {
        var program = Program("bash", ["-c", "exec 3<\"$0\" 4< <(:); exec \"$0\" guardian", Probe.path])
        program.input = .nothing
        #expect(try program.run().error == "given nothing\n")
    }

    @Test func `a kernel without memory files has a file that nobody can open`() throws {
        let file = try Descriptor.unlinkedFile()
        let status = try file.status()
        #expect(status.st_nlink == 0 && status.st_mode == S_IFREG | 0o600)
        #expect(fcntl(file.number, F_GETFD) == FD_CLOEXEC)
    }
}
