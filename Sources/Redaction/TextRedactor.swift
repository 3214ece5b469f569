/// Replaces every form of some secrets by `***` in short texts: the last safety net under messages.
package struct TextRedactor: Sendable {
    private let table: PatternTable

    package init(_ table: PatternTable) {
        self.table = table
    }

    /// The text without secrets; bytes that are no UTF-8 without them become U+FFFD.
    package func redact(text: String) -> String {
        var text = text
        var shown: [UInt8] = []
        let redactor = StreamingRedactor(table)
        text.withUTF8 { redactor.redact(UnsafeRawBufferPointer($0)) { shown += $0 } }
        redactor.finish { shown += $0 }
        return String(decoding: shown, as: UTF8.self)
    }
}

/// What removes these secrets from messages.
package func redactor(for secrets: [Secret]) -> TextRedactor {
    TextRedactor(PatternTable(hiding: secrets))
}
