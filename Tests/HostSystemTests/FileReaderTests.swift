import HostSystem
import Secrets
import StubTransport
import TestBench
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Files that may keep their reader waiting.
@Suite(.hangLimit) struct FileReaderTests {
    private let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
    }

    private func pipe(_ name: String = "pipe") -> String {
        let path = folder.file(name)
        #expect(mkfifo(path, 0o600) == 0)
        return path
    }

    private func failure(_ path: String, by reader: FileReader, limit: Int = 100) -> FileError? {
        do throws(FileError) {
            _ = try reader.contents(of: path, limit: limit)
            return nil
        } catch { return error }
    }

    private static var readers: [FileReader] {
        [.patient, .within(TimeBudget(.seconds(600), clock: .system, interruption: .never(clock: .system)))]
    }

    @Test func `a file is read whole, and who may read it is known`() throws {
        for (number, reader) in Self.readers.enumerated() {
            let path = try folder.write("value", to: "file-\(number)", mode: 0o640)
            let contents = try reader.contents(of: path, limit: 5)
            #expect(contents.bytes == Array("value".utf8) && contents.isExposed)
            #expect(failure(path, by: reader, limit: 4)?.code == EFBIG)
            #expect(failure(folder.file("missing"), by: reader)?.isMissing == true)
        }
    }

    @Test func `of what is read, nothing else is left in memory`() throws {
        let path = folder.file("token")
        // By another process, so that it was never in this one.
        let words = ["-c", "head -c 3000 /dev/urandom >\"$0\"", path]
        #expect(try Program("sh", words).run().status == 0)
        for reader in Self.readers {
            let secret = try reader.contents(of: path, limit: 4000).secret
            #expect(secret.count == 3000 && secret.reveal { ProcessMemory.copies(of: $0) } == 0)
        }
    }

    @Test func `a pipe is read to its end`() throws {
        for (number, reader) in Self.readers.enumerated() {
            // One for each: a child that another test starts at this moment has the last one open for a while.
            let path = pipe("pipe-\(number)")
            let writer = try Program("sh", ["-c", "printf one >\"$0\"", path]).start()
            #expect(try reader.contents(of: path, limit: 100).bytes == Array("one".utf8))
            #expect(try writer.wait().status == 0)
        }
    }

    @Test func `a pipe without a writer is given up when the time is over`() throws {
        let error = failure(pipe(), by: .within(VirtualClock().budget(.zero)))
        #expect(error?.code == ETIMEDOUT)
        #expect(error?.reason == "it did not end in time")
    }

    @Test func `and at a signal`() throws {
        let clock = VirtualClock()
        clock.raise(SIGTERM)
        let error = failure(pipe(), by: .within(clock.budget(.seconds(60))))
        #expect(error?.code == EINTR)
        #expect(error?.reason == "interrupted by a signal")
    }
}
