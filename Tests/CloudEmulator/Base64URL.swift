internal import FoundationEssentials

/// Base64 with the URL alphabet and without padding, as in JSON Web Tokens.
func base64URL(_ bytes: some Sequence<UInt8>) -> String {
    let standard = Data(bytes).base64EncodedString()
    return String(standard.compactMap { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 == "=" ? nil : $0 })
}

/// The bytes of base64url text; nil when it is none.
func base64URLDecoded(_ text: some StringProtocol) -> [UInt8]? {
    guard text.allSatisfy({ $0.isASCII && $0 != "+" && $0 != "/" && $0 != "=" }) else { return nil }
    let standard = String(text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
    let padding = String(repeating: "=", count: (4 - standard.count % 4) % 4)
    return Data(base64Encoded: standard + padding).map { Array($0) }
}
