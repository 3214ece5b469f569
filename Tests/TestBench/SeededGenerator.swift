/// The same numbers in every run (SplitMix64).
package struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        let mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
        let twice = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return twice ^ (twice >> 31)
    }

    /// A number of a range.
    package mutating func number(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &self)
    }

    /// True once in so many times, on the average.
    package mutating func once(in times: Int) -> Bool {
        number(1...times) == 1
    }

    package mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }

    /// So many characters out of an alphabet of ASCII.
    package mutating func bytes(_ count: Int, of alphabet: String) -> [UInt8] {
        let alphabet = Array(alphabet.utf8)
        return (0..<count).map { _ in alphabet[number(0...alphabet.count - 1)] }
    }

    /// What looks like an access token of Pulumi Cloud.
    package mutating func token() -> String {
        "pul-" + String(decoding: bytes(40, of: "0123456789abcdef"), as: UTF8.self)
    }
}
