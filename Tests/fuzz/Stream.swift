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
    let value = secret.trimmingPrefix(while: isLineEnd).reversed().trimmingPrefix(while: isLineEnd).reversed()
    // Shorter ones and line ends are no secrets: hiding them would hide everything. A mask may itself complete one with
    // stars in it.
    guard length >= 8, !value.isEmpty, !secret.contains(UInt8(ascii: "*")) else { return }
    require(!contains(whole, secret), "the secret is never shown")
    let hex = value.flatMap { Array((($0 < 16 ? "0" : "") + String($0, radix: 16)).utf8) }
    guard hex.count >= 8 else { return }
    require(!contains(unbroken(whole), hex), "nor its hex, in one line or in broken ones")
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
