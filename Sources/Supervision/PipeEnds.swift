internal import CPlatform
package import HostSystem

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A pipe whose ends no child inherits by itself.
///
/// Two threads may use it, each its own end.
package final class PipeEnds: @unchecked Sendable {
    package private(set) var readEnd: Int32 = -1
    package private(set) var writeEnd: Int32 = -1

    package init() throws(FileError) {
        let code = platform_pipe(&readEnd, &writeEnd)
        guard code == 0 else { throw FileError(.make, "a pipe", code: code) }
    }

    deinit {
        closeReadEnd()
        closeWriteEnd()
    }

    func closeReadEnd() {
        if readEnd >= 0 { close(readEnd) }
        readEnd = -1
    }

    package func closeWriteEnd() {
        if writeEnd >= 0 { close(writeEnd) }
        writeEnd = -1
    }

    /// Hands the read end over to somebody who closes it.
    func takeReadEnd() -> Descriptor {
        defer { readEnd = -1 }
        return Descriptor(owning: readEnd, path: "a pipe")
    }

    /// Hands the write end over to somebody who closes it.
    func takeWriteEnd() -> Descriptor {
        defer { writeEnd = -1 }
        return Descriptor(owning: writeEnd, path: "a pipe")
    }

    /// Lets a single byte through; the value of errno when that fails.
    package func writeByte() -> Int32? {
        var byte: UInt8 = 0
        while writeBytes(writeEnd, &byte, 1) != 1 {
            if errno != EINTR { return errno }
        }
        return nil
    }

    /// Takes a byte without waiting; says whether there was one.
    package func isByteThere() -> Bool {
        var watched = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
        var byte: UInt8 = 0
        return poll(&watched, 1, 0) > 0 && readBytes(readEnd, &byte, 1) == 1
    }

    /// What comes within a time; nil when nothing comes, or the pipe ends before.
    ///
    /// Where a system could not close our own copy of the write end, no end comes: then silence is as good.
    func read<Value: BitwiseCopyable>(_ initial: Value, within patience: Duration) -> Value? {
        var watched = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
        var count: Int32
        repeat { count = poll(&watched, 1, patience.roundedUpToMilliseconds) } while count < 0 && errno == EINTR
        return count > 0 ? read(initial) : nil
    }

    /// Waits for as many bytes as a value takes; nil when the pipe ends before.
    func read<Value: BitwiseCopyable>(_ initial: Value) -> Value? {
        var value = initial
        let isComplete = withUnsafeMutableBytes(of: &value) { bytes in
            var count = 0
            while count < bytes.count {
                let more = readBytes(readEnd, bytes.baseAddress.map { $0 + count }, bytes.count - count)
                if more > 0 { count += more } else if more == 0 || errno != EINTR { return false }
            }
            return true
        }
        return isComplete ? value : nil
    }
}

private func writeBytes(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}

// Inside the type, `read` is its own method.
private func readBytes(_ descriptor: Int32, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, bytes, count)
}
