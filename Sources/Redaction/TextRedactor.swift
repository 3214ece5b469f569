package import Secrets

/// Replaces every form of some secrets by `***` in short texts: the last safety net under messages.
package struct TextRedactor: Sendable {
    /// What is shorter is a placeholder, such as `unset` or `x`: without it, messages would lose parts of their words.
    package static let shortestSecret = 8

    private var secrets: [Secret] = []
    private var forms: [SecretForm] = []

    /// - Parameter secrets: one of fewer than `shortestSecret` bytes hides nothing.
    package init(hiding secrets: [Secret]) {
        hide(secrets)
    }

    /// Hides more secrets from now on.
    package mutating func hide(_ more: some Sequence<Secret>) {
        for secret in more where secret.count >= Self.shortestSecret {
            secrets.append(secret)
            forms += redactionForms(of: secret)
        }
    }

    /// The text without secrets; bytes that are no UTF-8 without them become U+FFFD.
    package func redact(text: String) -> String {
        var text = text
        return text.withUTF8 { bytes in
            let bytes = UnsafeRawBufferPointer(bytes)
            // Messages hold no secret. What finds them all at once takes longer to make than a message to search.
            guard forms.contains(where: { $0.occurs(in: bytes) }) else { return String(decoding: bytes, as: UTF8.self) }
            var shown: [UInt8] = []
            let redactor = StreamingRedactor(PatternTable(hiding: secrets))
            redactor.redact(bytes) { shown += $0 }
            redactor.finish { shown += $0 }
            return String(decoding: shown, as: UTF8.self)
        }
    }
}

extension SecretForm {
    fileprivate func occurs(in text: UnsafeRawBufferPointer) -> Bool {
        value.reveal { value in
            let value = value[..<shortestBeginning]
            guard let first = value.first, value.count <= text.count else { return false }
            return (0...text.count - value.count).contains { start in
                text[start] == first && text[start..<start + value.count].elementsEqual(value)
            }
        }
    }
}
