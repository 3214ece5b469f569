/// `count` random bytes as lower-case hexadecimal digits.
func randomHex(bytes count: Int) -> String {
    hex((0..<count).map { _ in UInt8.random(in: 0...255) })
}

/// Lower-case hexadecimal digits.
func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}

/// A random UUID, version 4, lower case.
func randomUUID() -> String {
    var bytes = (0..<16).map { _ in UInt8.random(in: 0...255) }
    bytes[6] = bytes[6] & 0x0f | 0x40
    bytes[8] = bytes[8] & 0x3f | 0x80
    let digits = Array(hex(bytes).utf8)
    return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
        .map { String(decoding: digits[$0], as: UTF8.self) }
        .joined(separator: "-")
}

/// A value of the shape of Pulumi's access tokens.
func randomTokenValue() -> String {
    "pul-" + randomHex(bytes: 20)
}
