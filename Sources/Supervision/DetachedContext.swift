internal import CPlatform
internal import HostSystem
package import Secrets

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// What a detached process was given: the other side of `DetachedProcess`.
package struct DetachedContext: ~Copyable {
    private static let memoryNumber = PLATFORM_FIRST_DETACHED_DESCRIPTOR
    private static let lineNumber = PLATFORM_FIRST_DETACHED_DESCRIPTOR + 1
    /// The number of the first descriptor that was inherited beyond these two.
    package static let firstInherited = PLATFORM_FIRST_DETACHED_DESCRIPTOR + 2

    package private(set) var contents: Secret
    package var owner: OwnerLine

    /// Takes what was given; the signals are blocked until then, so that none ends the process before.
    ///
    /// - Parameters:
    ///   - name: what `ps` calls the process by its short name; at most 15 bytes.
    ///   - heard: signals that stay blocked, to be read from a descriptor; all others have their effect from now on.
    /// - Returns: nil when this process was not started by `DetachedProcess`.
    package static func take(name: String, hearing heard: [Int32]) -> DetachedContext? {
        guard isUnlinkedFile(memoryNumber), isPipe(lineNumber) else { return nil }
        platform_set_name(name)
        guard let contents = readAndWipe(Descriptor(owning: memoryNumber, path: "memory")) else { return nil }
        platform_keep_from_children(lineNumber, .max)
        blockOnly(heard)
        return DetachedContext(contents: contents, owner: OwnerLine(owning: lineNumber))
    }

    /// Wipes what was given, once it was understood.
    package mutating func forget() { contents = Secret([]) }

    /// Nothing that a shell could have opened by accident.
    private static func isUnlinkedFile(_ number: Int32) -> Bool {
        var status = stat()
        return fstat(number, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_nlink == 0
    }

    private static func isPipe(_ number: Int32) -> Bool {
        var status = stat()
        return fstat(number, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
    }

    private static func readAndWipe(_ memory: consuming Descriptor) -> Secret? {
        guard let size = try? memory.status().st_size, size >= 0 else { return nil }
        let copy = WipedMemory<UInt8>(count: Int(size))
        var count = 0
        while count < copy.count {
            let more = pread(memory.number, copy.start + count, copy.count - count, off_t(count))
            if more > 0 { count += more } else if more == 0 || errno != EINTR { return nil }
        }
        let contents = Secret(copying: UnsafeRawBufferPointer(start: copy.start, count: copy.count))
        // It may be a file on a disk.
        wipe(UnsafeMutableRawBufferPointer(start: copy.start, count: copy.count))
        _ = pwrite(memory.number, copy.start, copy.count, 0)
        return contents
    }
}

/// What the process that started this one has to say, until it is gone.
package struct OwnerLine: ~Copyable {
    package enum Event: Equatable, Sendable {
        case message(Secret)
        /// The owner has let go, or was killed.
        case ended
    }

    private let line: Descriptor
    private var waiting = WipedBuffer(capacity: 1 << 12)
    private let chunk = WipedMemory<UInt8>(count: 1 << 12)

    init(owning number: Int32) {
        line = Descriptor(owning: number, path: "a pipe")
        _ = platform_set_nonblocking(number)
    }

    /// Readable when there is something to take, and from the owner's end on.
    package var number: Int32 { line.number }

    /// Takes the next event without waiting; nil when there is none yet.
    package mutating func next() -> Event? {
        while true {
            if let message = takeMessage() { return .message(message) }
            let count = read(number, chunk.start, chunk.count)
            if count == 0 { return .ended }
            if count < 0 {
                guard errno == EINTR else { return errno == EAGAIN ? nil : .ended }
                continue
            }
            waiting.append(UnsafeRawBufferPointer(start: chunk.start, count: count))
        }
    }

    private mutating func takeMessage() -> Secret? {
        var rest = WipedBuffer(capacity: 1 << 12)
        let message = waiting.withBytes { bytes -> Secret? in
            guard bytes.count >= 2 else { return nil }
            let end = 2 + Int(bytes[0]) << 8 + Int(bytes[1])
            guard bytes.count >= end else { return nil }
            rest.append(UnsafeRawBufferPointer(rebasing: bytes[end...]))
            return Secret(copying: UnsafeRawBufferPointer(rebasing: bytes[2..<end]))
        }
        if message != nil { waiting = rest }
        return message
    }
}
