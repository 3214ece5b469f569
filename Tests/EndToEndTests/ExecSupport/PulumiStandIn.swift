import Glibc
import JobBench
import TestBench

/// A program that behaves on signals as the Pulumi CLI does, and tells what it saw.
///
/// SIGINT and SIGTERM are the same to it: at the first it finishes what it is doing, which is when the test says so, and
/// ends with 1; at the second it gives up, still says `complete`, and ends with 8. Of SIGHUP it dies.
final class PulumiStandIn {
    private static let script = #"""
        import os, signal, sys, threading
        asking = {signal.SIGINT, signal.SIGTERM}
        def say(text): os.write(1, (text + '\n').encode())
        told = 0
        def listen():
            global told
            while True:
                number = signal.sigwait(asking)
                told += 1
                say('told ' + signal.Signals(number).name)
                if told == 2:
                    say('complete')
                    os._exit(8)
        signal.pthread_sigmask(signal.SIG_BLOCK, asking)
        threading.Thread(target=listen, daemon=True).start()
        work = os.open(sys.argv[1], os.O_RDONLY | os.O_NONBLOCK)
        os.set_blocking(work, True)
        say('updating')
        os.read(work, 1)
        say('complete')
        os._exit(1 if told else 0)
        """#

    private let work: Gate
    /// What runs it.
    let words: [String]

    init(_ machine: BuildMachine) throws {
        work = try Gate(machine, "work")
        try machine.sandbox.write(Self.script, to: "pulumi-stand-in.py")
        words = ["python3", machine.sandbox.file("pulumi-stand-in.py"), work.path]
    }

    /// The resource that is being created is there.
    func finishWork() { work.letThrough() }
}

/// A FIFO at which a program waits until the test lets it through.
final class Gate {
    let path: String
    private let descriptor: Int32

    init(_ machine: BuildMachine, _ name: String) throws {
        path = machine.sandbox.file(name)
        guard mkfifo(path, 0o600) == 0 else { throw BenchError("mkfifo") }
        // Both ends, so that nobody ever sees the end.
        descriptor = open(path, O_RDWR | O_CLOEXEC)
    }

    deinit {
        close(descriptor)
    }

    /// Lets one program go on, with an empty line.
    func letThrough() {
        _ = [UInt8(ascii: "\n")].withUnsafeBytes { write(descriptor, $0.baseAddress, 1) }
    }
}
