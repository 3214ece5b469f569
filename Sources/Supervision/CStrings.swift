internal import Redaction

/// A list of strings as `execve` takes it, overwritten before its memory is given back.
struct CStrings: ~Copyable {
    private let bytes: UnsafeMutableRawBufferPointer
    private let list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let capacity: Int
    private var count = 0
    private var end = 0

    /// - Parameters:
    ///   - capacity: how many strings there will be.
    ///   - size: of all of them, in bytes, with the NUL behind each.
    init(_ capacity: Int, size: Int) {
        self.capacity = capacity
        bytes = .allocate(byteCount: size, alignment: 1)
        list = .allocate(capacity: capacity + 1)
        list.initialize(repeating: nil, count: capacity + 1)
    }

    init(_ strings: [[UInt8]]) {
        self.init(strings.count, size: strings.reduce(0) { $0 + $1.count + 1 })
        for string in strings { append(string) }
    }

    deinit {
        wipe(bytes)
        bytes.deallocate()
        list.deallocate()
    }

    /// Lends the list, which is ended by nil.
    func withList<Result>(_ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result) -> Result {
        body(UnsafePointer(list))
    }

    /// Adds a string that is put together of two parts.
    mutating func append(_ first: [UInt8], _ second: UnsafeRawBufferPointer = .init(start: nil, count: 0)) {
        precondition(count < capacity && end + first.count + second.count < bytes.count, "the size was told before")
        let place = UnsafeMutableRawBufferPointer(rebasing: bytes[end...])
        place.copyBytes(from: first)
        UnsafeMutableRawBufferPointer(rebasing: place[first.count...]).copyMemory(from: second)
        place[first.count + second.count] = 0
        list[count] = place.baseAddress?.assumingMemoryBound(to: CChar.self)
        count += 1
        end += first.count + second.count + 1
    }
}
