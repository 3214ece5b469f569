import FoundationEssentials
import Secrets
import Testing

/// Whoever reads a secret's value stands in this list; a new name in it is a decision, not an accident.
///
/// What a caller has to prove: the value goes to its addressee (a header, a file of 0600, a program's standard input) or
/// is only looked at, and no copy outlives the call unwiped.
private let callers: Set = [
    "CISystems/AzureCommand.swift: azureSetSecretLines",
    "CISystems/AzureCommand.swift: lines",
    "CISystems/Buildkite/BuildkiteJobAPI.swift: isMaskable",
    "CISystems/Buildkite/SocketExchange.swift: send",
    "CISystems/Exports/ExportedVariable.swift: withBytes",
    "CISystems/Files/AppendedFile.swift: write",
    "CISystems/Files/PrivateFile.swift: fill",
    "CISystems/Masking.swift: addMaskLine",
    "CISystems/Masking.swift: lines",
    "Credentials/IdentityClaims.swift: init",
    "Credentials/TokenShape.swift: check",
    "HTTPTransport/CurlTransport.swift: isSendable",
    "HostSystem/FileReader.swift: bytes",
    "HostSystem/PacketSocket.swift: send",
    "JSON/JSONDocument.swift: init",
    "JSON/JSONNode.swift: withBytes",
    "JSON/JSONNode.swift: withString",
    "JSON/JSONText.swift: member",
    "JSON/JSONText.swift: text",
    "PulumiCloud/PulumiCloud+Mint.swift: isPlausible",
    "PulumiCloud/Reply.swift: plainText",
    "Redaction/Base64Forms.swift: addBase64OfWide",
    "Redaction/Base64Forms.swift: addBase64Twice",
    "Redaction/PatternSet.swift: init",
    "Redaction/SecretForms.swift: maskForms",
    "Redaction/SecretForms.swift: redactionForms",
    "Redaction/TextRedactor.swift: occurs",
    "Supervision/CommandEnvironment.swift: isValue",
    "Secrets/WipedBuffer.swift: append",
    "Supervision/CommandEnvironment.swift: strings",
    "Supervision/DetachedProcess.swift: memory",
    "TokenLifecycle/Context.swift: write",
    "TokenLifecycle/Exporting/Exporter.swift: print",
    "TokenLifecycle/Leases/Fingerprint.swift: init",
    "TokenLifecycle/Leases/JobFolder.swift: keep",
    "pulumi-token/Commands/CredentialHelperCommand.swift: run",
    "pulumi-token/Commands/MintCommand+Helper.swift: print",
    "pulumi-token/Doctor/HelperChecks.swift: text",
]

@Suite struct RevealTests {
    /// A line of code, and where it stands.
    private struct Line {
        let text: Substring

        /// Without what follows `//`.
        var code: Substring {
            guard let comment = text.firstRange(of: "//") else { return text }
            return text[..<comment.lowerBound]
        }

        var indentation: Int { text.prefix { $0 == " " }.count }

        /// Whether `reveal` stands there as a word of its own and is not what is being declared.
        var callsReveal: Bool {
            code.ranges(of: "reveal").contains { range in
                let before = code[..<range.lowerBound].last ?? " "
                let after = code[range.upperBound...].first ?? " "
                return !isPartOfName(before) && !isPartOfName(after) && !code[..<range.lowerBound].hasSuffix("func ")
            }
        }

        /// The name of a function or of a computed property that begins here.
        var declaration: Substring? {
            let words = code.split { !isPartOfName($0) }
            if words.contains("init") { return "init" }
            guard let keyword = words.firstIndex(where: { $0 == "func" || $0 == "var" && code.hasSuffix("{") }) else {
                return nil
            }
            return words[(keyword + 1)...].first
        }

        private func isPartOfName(_ character: Character) -> Bool {
            character.isLetter || character.isNumber || character == "_"
        }
    }

    private func foundCallers(in sources: String) throws -> Set<String> {
        let files = try FileManager.default.subpathsOfDirectory(atPath: sources).filter { $0.hasSuffix(".swift") }
        var found: Set<String> = []
        for file in files {
            let bytes = try Data(contentsOf: URL(filePath: "\(sources)/\(file)"))
            let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
                .map(Line.init)
            for (number, line) in lines.enumerated() where line.callsReveal {
                let owner = lines[...number].last { candidate in
                    candidate.declaration != nil
                        && (candidate.indentation < line.indentation || candidate.text == line.text)
                }
                found.insert("\(file): \(owner?.declaration ?? "?")")
            }
        }
        return found
    }

    @Test(arguments: [
        ("        secret.reveal { $0 }", true),
        ("        try value.reveal(body)", true),
        ("        reveal { Array($0) }", true),
        ("        values.map(\\.reveal)", true),
        ("        // secret.reveal { $0 }", false),
        ("    package func reveal<Result>(", false),
        ("    var revealsText: Bool { true }", false),
    ])
    func `a call is recognised`(line: String, isCall: Bool) {
        #expect(Line(text: line[...]).callsReveal == isCall)
    }

    @Test func `these and no others read the value of a secret`() throws {
        let here = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let found = try foundCallers(in: "/\(here)/Sources")
        #expect(found.subtracting(callers).sorted() == [], "new: may they?")
        #expect(callers.subtracting(found).sorted() == [], "gone: take them off the list")
    }
}
