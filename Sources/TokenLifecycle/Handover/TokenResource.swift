internal import FoundationEssentials
internal import HostSystem
internal import PulumiCloud
internal import Redaction

/// A token as `--export json` prints it.
///
/// `{"id","tokenId","tokenValue","description","expires","reason","expiresAt","revocable"}`; both ids are null for an
/// exchanged token.
struct TokenResource: Encodable {
    private enum CodingKeys: String, CodingKey {
        case id, tokenID = "tokenId", tokenValue, description, expires, reason, expiresAt, revocable
    }

    private let minted: Minted

    init(_ minted: Minted) {
        self.minted = minted
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(minted.id?.rawValue, forKey: .id)
        try container.encode(minted.id?.rawValue, forKey: .tokenID)
        try container.encode(minted.value.reveal { String(decoding: $0, as: UTF8.self) }, forKey: .tokenValue)
        try container.encode(minted.description, forKey: .description)
        try container.encode(minted.expires, forKey: .expires)
        try container.encode(minted.reason ?? "", forKey: .reason)
        try container.encode(Moment(minted.expires).description, forKey: .expiresAt)
        try container.encode(minted.isRevocable, forKey: .revocable)
    }

    /// One line.
    func encoded() -> Secret {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings, numbers and booleans only: encoding cannot fail.
        var bytes = (try? encoder.encode(self)).map { Array($0) } ?? []
        bytes.append(UInt8(ascii: "\n"))
        defer { wipe(&bytes) }
        return Secret(bytes)
    }
}
