#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

// Inside a type with a method of the same name, the system's function is out of reach.

func writeBytes(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}

func closeDescriptor(_ descriptor: Int32) {
    close(descriptor)
}
