internal import Secrets

/// The length below which a part or an encoding of a secret is not a form of it.
///
/// As a mask it would hide half of the log, and it says little about the secret. The value itself, and what stands for it in
/// URLs and JSON, is a form whatever its length.
let shortestFragment = 8

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

    /// Adds a part of the secret as it stands, of which the beginning is hidden too.
    mutating func addText(_ part: SecretSlice) {
        let form = Secret(copying: UnsafeRawBufferPointer(rebasing: part))
        add(SecretForm(form, shortestBeginning: shortestBeginning(of: form, encoding: part)))
    }

    /// Adds the secret in an encoding of which the beginning is hidden too, unless it is too short.
    ///
    /// - Parameter isBreakable: whether programs break the encoding into lines.
    mutating func addEncoding(_ form: Secret, of value: SecretSlice, isBreakable: Bool) {
        guard form.count >= shortestFragment else { return }
        let least = shortestBeginning(of: form, encoding: value)
        add(SecretForm(form, shortestBeginning: least, isBreakable: isBreakable))
    }

    private mutating func add(_ form: SecretForm) {
        guard !form.value.isEmpty else { return }
        if let known = forms.firstIndex(where: { $0.value == form.value }) {
            forms[known].merge(form)
        } else {
            forms.append(form)
        }
    }
}

/// A part of a secret, without a copy.
typealias SecretSlice = Slice<UnsafeRawBufferPointer>

extension SecretSlice {
    /// The prefix that every token of Pulumi Cloud has, and that tells nothing.
    private static var publicPrefix: StaticString { "pul-" }
    /// How much must be behind the prefix, so that no other text is the same by chance.
    private static var shortestBehindPrefix: Int { 16 }

    /// The part that is secret: without `pul-`.
    ///
    /// It is what `cut -c5-` and `${T#pul-}` leave, and what stays together when `-` is escaped or colored.
    var withoutPublicPrefix: SecretSlice {
        let prefix = UnsafeRawBufferPointer(
            start: Self.publicPrefix.utf8Start,
            count: Self.publicPrefix.utf8CodeUnitCount
        )
        guard starts(with: prefix), count >= prefix.count + Self.shortestBehindPrefix else { return self }
        return dropFirst(prefix.count)
    }

    /// The slice without line ends around it.
    var withoutLineEndsAround: SecretSlice { trimming(while: \.isLineEnd) }

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
