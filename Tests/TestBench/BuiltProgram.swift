#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// The path of an executable of this package: beside the tests, where the same build has put it.
package func builtProgram(_ name: String) throws -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    #if canImport(Darwin)
    var size = UInt32(buffer.count)
    guard _NSGetExecutablePath(&buffer, &size) == 0 else { throw BenchError("_NSGetExecutablePath", code: 0) }
    #else
    guard readlink("/proc/self/exe", &buffer, buffer.count - 1) > 0 else { throw BenchError("readlink") }
    #endif
    let path = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    let folder = path.prefix(upTo: path.lastIndex(of: UInt8(ascii: "/")) ?? 0)
    return String(decoding: folder, as: UTF8.self) + "/" + name
}
