/// A list of strings as `execve` takes it, overwritten before its memory is given back.
package struct CStrings: ~Copyable {
    private var bytes = WipedBuffer(capacity: 4096)
    /// Where each string begins in `bytes`.
    private var starts: [Int] = []

    package init() {}

    package init(_ strings: [[UInt8]]) {
        for string in strings { append(string) }
    }

    package init(_ strings: [String]) {
        for string in strings { append(Array(string.utf8)) }
    }

    /// Adds a string that is put together of two parts.
    package mutating func append(_ first: [UInt8], _ second: UnsafeRawBufferPointer = .init(start: nil, count: 0)) {
        starts.append(bytes.count)
        bytes.append(first)
        bytes.append(second)
        bytes.append(0)
    }

    /// Lends the list, which is ended by nil.
    package func withList<Result>(_ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result) -> Result {
        let text = bytes.start.assumingMemoryBound(to: CChar.self)
        return withUnsafeTemporaryAllocation(of: UnsafeMutablePointer<CChar>?.self, capacity: starts.count + 1) {
            list in
            for (index, start) in starts.enumerated() { list.initializeElement(at: index, to: text + start) }
            list.initializeElement(at: starts.count, to: nil)
            // Never empty, so it has a base address.
            return body(UnsafePointer(list.baseAddress.unsafelyUnwrapped))
        }
    }
}
