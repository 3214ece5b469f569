package import Secrets

/// The length below which a part or an encoding of a secret is no form of it.
///
/// As a mask it would hide half of the log, and it says little about the secret. The value itself, and what stands for it in
/// URLs and JSON, is a form whatever its length.
let shortestFragment = 8

/// The forms of a secret that a CI system should be told to mask.
///
/// First the value itself; then the lines of a value of several lines, base64 and base64url in the three alignments,
/// hex in both cases, and hex broken after 30 bytes as `xxd -p` does. No form is there twice, none is empty.
package func maskForms(of secret: Secret) -> [Secret] {
    var forms = FormList()
    secret.reveal { forms.addMaskForms(of: $0) }
    return forms.forms.map(\.value)
}

/// The forms of a secret that our own filter hides: those of `maskForms(of:)`, and what only a filter can afford.
///
/// That is: percent-encoded, as the body of a JSON string, with CR LF for LF as a terminal writes it, and the lines
/// into which `base64`, `openssl base64` and `xxd -p` break a long value. Base64 and hex are also hidden when lines end
/// inside, and they and the value itself when only the end is missing.
func redactionForms(of secret: Secret) -> [SecretForm] {
    var forms = FormList()
    secret.reveal { bytes in
        forms.addMaskForms(of: bytes)
        let value = trimmingLineEnds(bytes)
        forms.addBrokenLines(of: value)
        forms.addPercentForms(of: value)
        forms.addJSONForms(of: value)
        forms.addTerminalForm(of: value)
    }
    return forms.forms
}

/// Forms in the order of their discovery, none twice.
struct FormList {
    private(set) var forms: [SecretForm] = []

    /// Adds what stands for the whole secret, unless it is empty or known.
    mutating func addWhole(_ form: Secret) {
        add(SecretForm(form))
    }

    /// Adds an encoding or a part of the secret, unless it is too short or known.
    mutating func addFragment(_ form: Secret) {
        guard form.count >= shortestFragment else { return }
        addWhole(form)
    }

    /// Adds the secret in an encoding that programs break into lines, unless it is too short.
    mutating func addEncoding(_ form: Secret, of value: SecretSlice) {
        guard form.count >= shortestFragment else { return }
        let least = shortestBeginning(of: form, encoding: value)
        add(SecretForm(form, shortestBeginning: least, isBreakable: true))
    }

    private mutating func add(_ form: SecretForm) {
        guard !form.value.isEmpty else { return }
        if let known = forms.firstIndex(where: { $0.value == form.value }) {
            forms[known].merge(form)
        } else {
            forms.append(form)
        }
    }

    fileprivate mutating func addMaskForms(of bytes: UnsafeRawBufferPointer) {
        let value = trimmingLineEnds(bytes)
        guard !value.isEmpty else { return }
        addWhole(Secret(copying: bytes))
        // A file's value ends in a line feed, which is not part of what is printed or encoded.
        let trimmed = Secret(copying: UnsafeRawBufferPointer(rebasing: value))
        add(SecretForm(trimmed, shortestBeginning: shortestBeginning(of: trimmed, encoding: value)))
        addLines(of: value)
        addBase64Forms(of: value)
        addHexForms(of: value)
    }
}

/// A part of a secret, without a copy.
typealias SecretSlice = Slice<UnsafeRawBufferPointer>

private func trimmingLineEnds(_ bytes: UnsafeRawBufferPointer) -> SecretSlice {
    bytes[...].trimming { $0 == .lineFeed || $0 == .carriageReturn }
}

extension SecretSlice {
    /// The slice without the bytes at both ends that a condition holds for.
    func trimming(while isSurplus: (UInt8) -> Bool) -> SecretSlice {
        guard let first = firstIndex(where: { !isSurplus($0) }), let last = lastIndex(where: { !isSurplus($0) }) else {
            return self[endIndex...]
        }
        return self[first...last]
    }

    /// The slice cut into pieces of a size; the last may be shorter.
    func pieces(of size: Int) -> [SecretSlice] {
        stride(from: startIndex, to: endIndex, by: size).map { self[$0..<Swift.min($0 + size, endIndex)] }
    }
}
