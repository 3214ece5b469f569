internal import HostSystem

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Address space that is set aside before the mint, so that a limit is met before there is a token and not after.
final class MemoryReserve {
    /// What a mint may take beside it.
    private static let forMint = 16 << 20
    /// What running a command and revoking may take: threads, tables, buffers.
    private static let forCommand = 16 << 20

    private var start: UnsafeMutableRawPointer?

    /// - Throws: when there is not enough for both.
    init() throws(FileError) {
        let whole = mmap(
            nil,
            Self.forMint + Self.forCommand,
            PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
            -1,
            0
        )
        guard let whole, whole != MAP_FAILED else {
            throw FileError(.make, "room for the command's output", code: errno)
        }
        munmap(whole, Self.forMint)
        start = whole + Self.forMint
    }

    deinit {
        release()
    }

    /// Gives the rest free.
    func release() {
        if let start { munmap(start, Self.forCommand) }
        start = nil
    }
}
