#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// One call of `write`, or what a test puts in its place.
package typealias WriteCall = @Sendable (_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int

/// Writes everything, whatever the system takes at once; 0, or the value of `errno` of what failed.
package func writeAll(
    _ bytes: UnsafeRawBufferPointer,
    to descriptor: Int32,
    by call: WriteCall = systemWrite
) -> Int32 {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = call(descriptor, UnsafeRawBufferPointer(rebasing: rest))
        if count > 0 {
            rest = rest.dropFirst(count)
        } else if count == 0 {
            return ENOSPC
        } else if errno == EAGAIN {
            // Somebody made the descriptor non-blocking, as Node does with its pipes.
            var watched = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            poll(&watched, 1, -1)
        } else if errno != EINTR {
            return errno
        }
    }
    return 0
}

package let systemWrite: WriteCall = { write($0, $1.baseAddress, $1.count) }
