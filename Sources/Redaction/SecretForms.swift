package import Secrets

/// The forms of a secret that our own filter hides.
///
/// A form that programs break into lines is also hidden when lines end inside, and most are when only the end is
/// missing. docs/exec.md lists them.
package func redactionForms(of secret: Secret) -> [SecretForm] {
    var forms = FormList()
    secret.reveal { bytes in
        // A file's value ends in a line feed, which is not part of what is printed or encoded.
        let value = bytes[...].withoutLineEndsAround
        guard !value.isEmpty else { return }
        forms.addWhole(Secret(copying: bytes))
        forms.addUsualForms(of: value)
        forms.addRareForms(of: value.withoutPublicPrefix)
    }
    return forms.forms
}

/// The forms of a secret that a CI system should be told to mask: the likeliest first, none twice, none empty.
///
/// Fewer than the filter knows: each is a line in the log, or a call of an agent. Only the value itself has `pul-` in it.
///
/// - Parameter includingRare: whether to add encodings that seldom happen, up to 40 forms in all.
package func maskForms(of secret: Secret, includingRare: Bool = true) -> [Secret] {
    var forms = FormList()
    secret.reveal { bytes in
        let value = bytes[...].withoutLineEndsAround
        guard !value.isEmpty else { return }
        forms.addWhole(Secret(copying: bytes))
        forms.addUsualMasks(of: value)
    }
    let usual = forms.forms.map(\.value)
    guard includingRare, usual.count < mostMasks else { return usual }
    secret.reveal { forms.addRareMasks(of: $0[...].withoutLineEndsAround.withoutPublicPrefix) }
    return forms.forms.prefix(mostMasks).map(\.value)
}

/// What a log, its readers and the runner's memory can bear for each secret.
private let mostMasks = 40

extension FormList {
    fileprivate mutating func addUsualForms(of value: SecretSlice) {
        addText(value)
        addLines(of: value)
        addJSONForms(of: value)
        addTerminalForm(of: value)
        addText(value.withoutPublicPrefix)
        for part in [value, value.withoutPublicPrefix] {
            addBase64Forms(of: part)
            addBase64Lines(of: part)
            addHexForms(of: part)
            addHexLines(of: part)
            addPercentForms(of: part)
            addUpperCase(of: part)
        }
    }

    fileprivate mutating func addRareForms(of value: SecretSlice) {
        guard value.count >= shortestFragment else { return }
        addBase64Twice(of: value)
        addBase32Forms(of: value)
        addWideForms(of: value)
        for style in ByteListStyle.all { addByteList(style, of: value) }
    }

    fileprivate mutating func addUsualMasks(of value: SecretSlice) {
        addText(value)
        addLines(of: value)
        addText(value.withoutPublicPrefix)
        addBase64Forms(of: value.withoutPublicPrefix)
        addHexMasks(of: value)
    }

    fileprivate mutating func addRareMasks(of value: SecretSlice) {
        guard value.count >= shortestFragment else { return }
        addUpperCase(of: value)
        addEncodingOfEveryByte(of: value)
        addBase64Twice(of: value)
        addBase64OfWide(of: value)
        for style in ByteListStyle.likeliest { addByteList(style, of: value) }
        addBase32Forms(of: value)
    }
}
