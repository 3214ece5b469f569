import CPlatform
import Glibc
import HostSystem
import TestBench
import Testing

@Suite struct OutputStreamTests {
    init() {
        signal(SIGPIPE, SIG_IGN)
    }

    @Test func `text is written as it is`() throws {
        let pipe = try Pipe()
        let stream = StandardStream(descriptor: pipe.writeEnd, name: "a pipe")
        try stream.write("é\n")
        try stream.write("")
        try stream.write("\0end")
        pipe.closeWriteEnd()
        #expect(pipe.readToEnd() == Array("é\n\0end".utf8))
    }

    @Test func `a full pipe that does not block is waited for`() throws {
        var generator = SeededGenerator(seed: 320)
        let bytes = generator.bytes(1 << 20)
        let pipe = try Pipe(nonblocking: true)
        let reader = Reader { pipe.readToEnd() }
        try bytes.withUnsafeBytes {
            try StandardStream(descriptor: pipe.writeEnd, name: "a pipe").write($0)
        }
        pipe.closeWriteEnd()
        let isWhole = reader.join() == bytes
        #expect(isWhole)
    }

    @Test func `a reader that is gone is an error that names the stream`() {
        let descriptor = descriptorWithoutReader()
        defer { close(descriptor) }
        let stream = StandardStream(descriptor: descriptor, name: "standard output")
        #expect(throws: FileError(.write, "standard output", code: EPIPE)) { try stream.write("text") }
        #expect(FileError(.write, "standard output", code: EPIPE).reason == "broken pipe")
        #expect(FileError(.write, "standard output", code: EPIPE).isBrokenPipe)
        #expect(!FileError(.write, "standard output", code: EIO).isBrokenPipe)
    }

    @Test func `a closed descriptor is an error`() {
        let stream = StandardStream(descriptor: -1, name: "standard error")
        #expect(throws: FileError(.write, "standard error", code: EBADF)) { try stream.write("text") }
    }

    @Test func `a pipe is no terminal and has no width`() throws {
        let pipe = try Pipe()
        let stream = StandardStream(descriptor: pipe.writeEnd, name: "a pipe")
        #expect(!stream.isTerminal)
        #expect(stream.width == nil)
    }

    @Test func `a terminal has the width that was set`() throws {
        var (master, slave) = (Int32(-1), Int32(-1))
        try #require(platform_open_terminal(&master, &slave) == 0)
        defer {
            close(master)
            close(slave)
        }
        let stream = StandardStream(descriptor: slave, name: "a terminal")
        #expect(stream.isTerminal)
        #expect(stream.width == nil, "a new terminal has no size yet")
        var size = winsize(ws_row: 24, ws_col: 132, ws_xpixel: 0, ws_ypixel: 0)
        try #require(platform_set_window_size(slave, &size) == 0)
        #expect(stream.width == 132)
    }

    @Test func `the two standard streams`() {
        #expect(StandardStream.standardOutput.descriptor == 1)
        #expect(StandardStream.standardError.descriptor == 2)
        #expect(StandardStream.standardOutput.name == "standard output")
        #expect(StandardStream.standardError.name == "standard error")
    }
}
