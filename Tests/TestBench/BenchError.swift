#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A test that could not be set up, or that waited in vain.
package struct BenchError: Error, CustomStringConvertible {
    package var description: String

    package init(_ description: String) {
        self.description = description
    }

    /// - Parameter code: an errno value.
    package init(_ operation: String, code: Int32 = errno) {
        description = "\(operation): \(String(cString: strerror(code)))"
    }
}
