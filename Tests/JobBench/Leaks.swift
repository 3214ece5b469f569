import FoundationEssentials

/// The forms of a secret that stand in a text: raw, and as the usual tools encode it.
///
/// Found by other means than the product's own: encoders of the standard library, and a search.
package func leaks(of secret: String, in text: String) -> [String] {
    var found: [String] = []
    for (name, form) in usualForms(of: secret) where text.contains(form) { found.append(name) }
    return found
}

package func leaks(of secrets: [String], in text: String) -> [String] {
    secrets.filter { !$0.isEmpty }.flatMap { leaks(of: $0, in: text) }
}

private func usualForms(of secret: String) -> [(name: String, form: String)] {
    let bytes = Array(secret.utf8)
    let hex = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    var forms = [
        ("raw", secret), ("hex", hex), ("HEX", hex.uppercased()),
        ("percent", "%" + bytes.map { String($0, radix: 16) }.joined(separator: "%")),
    ]
    for shift in 0..<3 {
        // Whatever stands before, so many bytes of it share a group with the secret.
        let encoded = Data([UInt8](repeating: UInt8(ascii: "x"), count: shift) + bytes).base64EncodedString()
        let start = shift == 0 ? 0 : shift + 1
        let end = (bytes.count + shift) % 3 == 0 ? 0 : 1
        let stable = String(encoded.filter { $0 != "=" }.dropFirst(start).dropLast(end))
        forms.append(("base64 at \(shift)", stable))
        if shift == 0 { forms.append(("base64 twice", twice(stable))) }
        let url = String(stable.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })
        forms.append(("base64url at \(shift)", url))
    }
    let part = secret.hasPrefix("pul-") ? String(secret.dropFirst(4)) : secret
    forms += [
        ("behind the prefix", part), ("upper case", part.uppercased()),
        ("list", part.utf8.map { "\($0)" }.joined(separator: ", ")),
        ("dump", part.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")),
    ]
    return forms
}

/// All characters but the last few, which share bits with what follows.
private func twice(_ encoded: String) -> String {
    String(Data(encoded.utf8).base64EncodedString().filter { $0 != "=" }.dropLast(2))
}
