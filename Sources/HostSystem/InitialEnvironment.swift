internal import CPlatform

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// The environment block as the kernel laid it out at the start: the memory that `/proc/PID/environ` shows.
///
/// `setenv` and `unsetenv` only move pointers to it, so what was there at the start stays there until it is overwritten.
package struct InitialEnvironment: @unchecked Sendable {
    /// Each `NAME=VALUE`, without the NUL that ends it.
    ///
    /// The block lives as long as the process.
    private let block: [UnsafeMutableRawBufferPointer]

    /// - Parameter block: entries that outlive this value.
    package init(block: [UnsafeMutableRawBufferPointer]) {
        self.block = block
    }

    /// This process's block; complete only before anything has changed the environment.
    package static func current() -> InitialEnvironment {
        var block: [UnsafeMutableRawBufferPointer] = []
        var cursor = platform_environment()
        while let position = cursor, let entry = position.pointee {
            block.append(UnsafeMutableRawBufferPointer(start: entry, count: strlen(entry)))
            cursor = position + 1
        }
        return InitialEnvironment(block: block)
    }

    /// Copies of the entries, byte by byte as the process was given them.
    package var entries: [[UInt8]] {
        block.map { [UInt8]($0) }
    }

    /// The names, in the order of the block; an entry without `=` has none.
    package var names: [String] {
        block.compactMap { entry in
            entry.firstIndex(of: UInt8(ascii: "=")).map { String(decoding: entry[..<$0], as: UTF8.self) }
        }
    }

    /// Puts zero bytes in the place of each value that a condition holds for; the names stay.
    package func overwriteValues(where isUnwanted: (UnsafeRawBufferPointer) -> Bool) {
        for entry in block {
            guard let equals = entry.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let value = UnsafeMutableRawBufferPointer(rebasing: entry[(equals + 1)...])
            guard let start = value.baseAddress, isUnwanted(UnsafeRawBufferPointer(value)) else { continue }
            platform_wipe(start, value.count)
        }
    }
}
