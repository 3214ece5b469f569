import Redaction
import Secrets

/// A secret, where to cut, and a text: the same is shown however the text is cut, and never the secret.
///
/// The first byte is the secret's length, the second where to cut.
func readRedactor(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count > 2 else { return }
    let length = min(Int(bytes[0]), bytes.count - 2)
    let secret = Array(bytes[2..<2 + length])
    let stream = Array(bytes[(2 + length)...])
    let table = PatternTable(hiding: [Secret(secret)])
    let cut = stream.isEmpty ? 0 : Int(bytes[1]) % stream.count
    let whole = shown([stream[...]], table)
    require(shown([stream[..<cut], stream[cut...]], table) == whole, "how a stream is cut makes no difference")
    require(whole.count <= stream.count * 3 + 3, "nothing is added but masks")
    let value = Array(secret.trimmingPrefix(while: isLineEnd).reversed().trimmingPrefix(while: isLineEnd).reversed())
    // Shorter ones and line ends are no secrets: hiding them would hide everything. A mask may itself complete one with
    // stars in it.
    guard length >= 8, !value.isEmpty, !secret.contains(UInt8(ascii: "*")) else { return }
    require(!contains(whole, secret), "the secret is never shown")
    let hex = value.flatMap { Array((($0 < 16 ? "0" : "") + String($0, radix: 16)).utf8) }
    guard hex.count >= 8 else { return }
    require(!contains(unbroken(whole), hex), "nor its hex, in one line or in broken ones")
    requireNoRareForm(of: withoutPublicPrefix(value), in: whole)
}

private func withoutPublicPrefix(_ value: [UInt8]) -> [UInt8] {
    value.starts(with: "pul-".utf8) && value.count >= 20 ? Array(value.dropFirst(4)) : value
}

/// Made without a look at the room.
private func requireNoRareForm(of value: [UInt8], in shown: [UInt8]) {
    guard value.count >= 8 else { return }
    require(!contains(shown, value), "nor what is behind its prefix")
    require(!contains(shown, value.map { (0x61...0x7A).contains($0) ? $0 - 32 : $0 }), "nor that in upper case")
    let numbers = value.map { String($0) }
    let hex = value.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
    var lists = [", ", " ", ","].map { numbers.joined(separator: $0) }
    for digits in [hex, hex.map { $0.uppercased() }] {
        lists += [" ", ":", "-", ",", ", "].map { digits.joined(separator: $0) }
        lists += [", ", ",", " "].map { digits.map { "0x" + $0 }.joined(separator: $0) }
        lists.append(digits.map { "\\x" + $0 }.joined())
    }
    for list in lists { require(!contains(shown, Array(list.utf8)), "nor a list of its bytes") }
    if value.allSatisfy({ $0 < 0x80 }) {
        require(!contains(shown, value.flatMap { [$0, 0] }), "nor its UTF-16")
    }
    if let plain = uncolored(shown) { require(!contains(plain, value), "nor the secret with colors in it") }
}

/// A text without escape sequences; nil where one is none, or something in it was replaced.
private func uncolored(_ text: [UInt8]) -> [UInt8]? {
    var plain: [UInt8] = []
    var rest = text[...]
    while let byte = rest.popFirst() {
        guard byte == 0x1B else {
            plain.append(byte)
            continue
        }
        let isControl = rest.first == UInt8(ascii: "[")
        if isControl { rest.removeFirst() }
        let inside: ClosedRange<UInt8> = isControl ? 0x20...0x3F : 0x20...0x2F
        while let next = rest.first, inside.contains(next), next != UInt8(ascii: "*") { rest.removeFirst() }
        guard let last = rest.popFirst() else { return plain }
        guard (0x20..<0x7F).contains(last), last != UInt8(ascii: "*") else { return nil }
    }
    return plain
}

private func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

/// A text without the line ends after 32 or more characters of base64 or hex.
private func unbroken(_ text: [UInt8]) -> [UInt8] {
    let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_".utf8)
    var unbroken: [UInt8] = []
    var width = 0
    var rest = text[...]
    while let byte = rest.first {
        let lineEnd = byte == 0x0A ? 1 : rest.starts(with: "\r\n".utf8) ? 2 : 0
        if width >= 32, lineEnd > 0 {
            rest = rest.dropFirst(lineEnd)
            width = 0
        } else {
            width = alphabet.contains(byte) ? width + 1 : 0
            unbroken.append(byte)
            rest = rest.dropFirst()
        }
    }
    return unbroken
}

private func shown(_ chunks: [ArraySlice<UInt8>], _ table: PatternTable) -> [UInt8] {
    let redactor = StreamingRedactor(table)
    var shown: [UInt8] = []
    for chunk in chunks { chunk.withUnsafeBytes { redactor.redact($0) { shown += $0 } } }
    redactor.finish { shown += $0 }
    return shown
}

private func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
    guard text.count >= part.count else { return false }
    return (0...text.count - part.count).contains { text[$0..<$0 + part.count].elementsEqual(part) }
}
