import Redaction

/// What a redactor shows of a text that comes in these chunks.
func filtered(_ chunks: [ArraySlice<UInt8>], by table: PatternTable) -> [UInt8] {
    let redactor = StreamingRedactor(table)
    var shown: [UInt8] = []
    for chunk in chunks {
        chunk.withUnsafeBytes { redactor.redact($0) { shown += $0 } }
    }
    redactor.finish { shown += $0 }
    return shown
}

/// What a redactor shows of a text that comes at once.
func filtered(_ text: [UInt8], by table: PatternTable) -> [UInt8] {
    filtered([text[...]], by: table)
}

/// What a redactor shows of a text that comes at once.
func filtered(_ text: String, by table: PatternTable) -> String {
    String(decoding: filtered(Array(text.utf8), by: table), as: UTF8.self)
}
