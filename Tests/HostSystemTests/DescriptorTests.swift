import Glibc
import HostSystem
import TestBench
import Testing

@Suite struct DescriptorTests {
    private let scratch: ScratchFolder

    init() throws {
        scratch = try ScratchFolder()
        signal(SIGPIPE, SIG_IGN)
    }

    private func open(_ name: String, _ flags: Int32 = O_RDONLY) throws -> FileError? {
        do throws(FileError) {
            _ = try Descriptor.open(scratch.file(name), flags)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a file is written and read whole`() throws {
        var generator = SeededGenerator(seed: 310)
        let bytes = generator.bytes(200_000)
        try Descriptor.open(scratch.file("f"), O_WRONLY | O_CREAT).write(bytes)
        // The difference of two long arrays would take for ever to be shown.
        let isWritten = scratch.contents("f") == bytes
        let isRead = try Descriptor.open(scratch.file("f"), O_RDONLY).contents(limit: 200_000) == bytes
        #expect(isWritten && isRead)
        #expect(scratch.permissions("f") == 0o600)
        try Descriptor.open(scratch.file("f"), O_RDONLY).synchronize()
    }

    @Test func `nothing is written as nothing`() throws {
        try Descriptor.open(scratch.file("f"), O_WRONLY | O_CREAT).write([UInt8]())
        #expect(scratch.contents("f") == [])
        #expect(try Descriptor.open(scratch.file("f"), O_RDONLY).contents(limit: 0) == [])
    }

    @Test func `a file longer than the limit is not read`() throws {
        try scratch.write("12345", to: "f")
        let error = FileError(.read, scratch.file("f"), code: EFBIG)
        #expect(throws: error) { try Descriptor.open(scratch.file("f"), O_RDONLY).contents(limit: 4) }
        #expect(try Descriptor.open(scratch.file("f"), O_RDONLY).contents(limit: 5) == Array("12345".utf8))
    }

    @Test func `errors say what was tried with which file`() throws {
        try scratch.write("x", to: "file")
        #expect(try open("missing") == FileError(.open, scratch.file("missing"), code: ENOENT))
        #expect(try open("file/below") == FileError(.open, scratch.file("file/below"), code: ENOTDIR))
        #expect(try open("file", O_WRONLY | O_CREAT | O_EXCL) == FileError(.open, scratch.file("file"), code: EEXIST))
        try scratch.link("link", to: "file")
        #expect(try open("link", O_RDONLY | O_NOFOLLOW) == FileError(.open, scratch.file("link"), code: ELOOP))
        let folder = FileError(.read, scratch.path, code: EISDIR)
        #expect(throws: folder) { try Descriptor.open(scratch.path, O_RDONLY).contents(limit: 10) }
    }

    @Test func `a full disk is an error`() {
        let error = FileError(.write, "/dev/full", code: ENOSPC)
        #expect(throws: error) { try Descriptor.open("/dev/full", O_WRONLY).write(Array("text".utf8)) }
        #expect(error.reason == "no space left on device")
    }

    @Test func `a reader that is gone is an error`() {
        let write = Descriptor(owning: descriptorWithoutReader(), path: "pipe")
        #expect(throws: FileError(.write, "pipe", code: EPIPE)) { try write.write(Array("text".utf8)) }
    }

    @Test func `no child inherits an open file`() throws {
        let descriptor = try Descriptor.open(scratch.path, O_RDONLY)
        #expect(fcntl(descriptor.number, F_GETFD) & FD_CLOEXEC != 0)
    }

    @Test func `a file closes itself`() throws {
        let pipe = try Pipe()
        let copy = fcntl(pipe.writeEnd, F_DUPFD_CLOEXEC, 0)
        pipe.closeWriteEnd()
        try Descriptor(owning: copy, path: "pipe").write(Array("text".utf8))
        // The end comes only when nobody has the other end open any more.
        #expect(pipe.readToEnd() == Array("text".utf8))
    }

    @Test(arguments: [(0o600, false), (0o400, false), (0o700, false), (0o640, true), (0o604, true), (0o620, true)])
    func `a file that others may read or write is exposed`(mode: UInt32, isExposed: Bool) throws {
        try scratch.write("x", to: "f", mode: mode)
        #expect(try Descriptor.open(scratch.file("f"), O_RDONLY).isExposed() == isExposed)
    }

    @Test func `a pipe has nothing to bring to a disk`() throws {
        let pipe = try Pipe()
        try Descriptor(owning: fcntl(pipe.writeEnd, F_DUPFD_CLOEXEC, 0), path: "pipe").synchronize()
    }

    /// The reader interrupts the writer by signals, again and again, and takes little at a time.
    ///
    /// So writes are cut short, and fail with EINTR.
    @Test func `signals and short writes lose no byte`() throws {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in }
        sigaction(SIGUSR2, &action, nil)
        // A thread that runs tests blocks all signals.
        var (mask, oldMask) = (sigset_t(), sigset_t())
        sigemptyset(&mask)
        sigaddset(&mask, SIGUSR2)
        pthread_sigmask(SIG_UNBLOCK, &mask, &oldMask)
        defer { pthread_sigmask(SIG_SETMASK, &oldMask, nil) }

        var generator = SeededGenerator(seed: 311)
        let bytes = generator.bytes(300_000)
        let pipe = try Pipe()
        let writer = pthread_self()
        let reader = Reader {
            var taken: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 1 << 13)
            while true {
                for _ in 0..<20 where taken.count < 200_000 {
                    pthread_kill(writer, SIGUSR2)
                    sched_yield()
                }
                let count = read(pipe.readEnd, &chunk, chunk.count)
                guard count > 0 else { return taken }
                taken += chunk[..<count]
            }
        }
        try Descriptor(owning: fcntl(pipe.writeEnd, F_DUPFD_CLOEXEC, 0), path: "pipe").write(bytes)
        pipe.closeWriteEnd()
        let isWhole = reader.join() == bytes
        #expect(isWhole)
    }

    @Test(arguments: [
        (ELOOP, "it is a symbolic link, which is not followed here"),
        (ENOENT, "no such file or directory"), (EACCES, "permission denied"),
    ])
    func `the system's reasons are said in words`(code: Int32, reason: String) {
        #expect(FileError(.open, "/f", code: code).reason == reason)
    }

    @Test func `missing is what is not there or cannot be there`() {
        #expect(FileError(.open, "/f", code: ENOENT).isMissing)
        #expect(FileError(.open, "/f", code: ENOTDIR).isMissing)
        #expect(!FileError(.open, "/f", code: EACCES).isMissing)
        #expect(!FileError(.open, "/f", code: ELOOP).isMissing)
    }
}
