package import Secrets

/// A JSON document (RFC 8259) that may hold secrets: its bytes are never copied, and nothing of it can be printed.
///
/// The document is checked as a whole; values are taken out of it one by one, so that a reply of 64 MiB costs a table of
/// places and no second copy. Used instead of a general decoder, whose copies of a secret nobody could wipe.
package struct JSONDocument: Sendable {
    /// How deeply values may lie in each other.
    package static let depthLimit = 512
    /// How many values there may be: those of 100,000 tokens, names of members included; at 16 bytes each no danger to
    /// the memory.
    package static let valueLimit = 2_500_000

    let text: Secret
    let table: [JSONEntry]

    /// nil when the text is not one whole document in UTF-8, or one of more values than are taken.
    package init?(_ text: Secret) {
        let table = text.reveal { bytes -> [JSONEntry]? in
            var scanner = JSONScanner(bytes)
            return scanner.scan() ? scanner.table : nil
        }
        guard let table else { return nil }
        self.text = text
        self.table = table
    }

    /// The document's one value.
    package var root: JSONNode { JSONNode(document: self, index: 0) }
}

/// Where a value stands in the text.
///
/// Members of an object are a string, the name, and the value behind it.
struct JSONEntry: Sendable, Equatable {
    enum Kind: UInt8, Sendable {
        case null, bool, number, string, escapedString, array, object
    }

    var kind: Kind
    /// The offset of the first byte; of a string without its quotes.
    var start: UInt32
    /// The offset behind the last byte.
    var end: UInt32 = 0
    /// The place in the table behind this value and all that lies in it.
    var next: UInt32 = 0
}

extension JSONDocument: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "<JSON document>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
