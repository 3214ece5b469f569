import FoundationEssentials
import Glibc
import HostSystem
import TestBench
import Testing

@testable import pulumi_token

@Suite struct MessageTests {
    private static let all = MessageCatalogue.sections.flatMap(\.explanations)

    /// With PULUMI_TOKEN_TESTS_WRITE=1 the page is written instead.
    @Test func `docs/messages.md shows every error as the product says it`() throws {
        let page = "docs/messages.md"
        if getenv("PULUMI_TOKEN_TESTS_WRITE") != nil {
            try write(MessageCatalogue.markdown, to: "\(Repository.root)/\(page)")
        }
        let shown = try Repository.text(page)
        #expect(
            shown == MessageCatalogue.markdown,
            "write it anew: PULUMI_TOKEN_TESTS_WRITE=1 scripts/test --filter MessageTests"
        )
    }

    @Test(arguments: all)
    func `a message is one line, in lower case, without a full stop`(error: Explanation) {
        for text in [error.message, error.hint].compactMap(\.self) {
            #expect(!text.contains("\n") && !text.hasSuffix(".") && !text.hasSuffix("!"), "\(text)")
            // Names of variables, options and products keep their own case.
            let first = text.prefix { $0 != " " && $0 != ":" }
            #expect(isName(first) || first.first?.isUppercase != true, "\(text)")
        }
    }

    @Test(arguments: all)
    func `an error has an exit code that help explains`(error: Explanation) {
        let codes = [1, 64, 65, 66, 69, 73, 77, 125, 126, 127]
        #expect(codes.contains(Int(error.exitCode.rawValue)) || error.exitCode.rawValue > 128)
    }

    /// Where errors get their words.
    private static let sources = [
        "pulumi-token/Arguments/ArgumentParser.swift", "pulumi-token/Arguments/Arguments+Cloud.swift",
        "pulumi-token/Arguments/Arguments+Export.swift", "pulumi-token/Arguments/Arguments+Mint.swift",
        "pulumi-token/Arguments/Arguments+Kind.swift", "pulumi-token/Arguments/Arguments+Helper.swift",
        "pulumi-token/Arguments/Invocation.swift",
        "pulumi-token/Action/ActionInputs.swift", "pulumi-token/Action/SubActionInputs.swift",
        "TokenLifecycle/Minting/Explanation+Minting.swift",
        "TokenLifecycle/LifecycleError.swift", "CISystems/Exports/ExportError.swift",
        "CISystems/Exports/VariableName.swift", "Credentials/CredentialError.swift",
        "Credentials/IdentityProblem.swift", "Credentials/TokenShape.swift",
        "Credentials/Explanation+CloudError.swift", "PulumiCloud/CloudError.swift",
        "HTTPTransport/Transfer+Failure.swift", "HTTPTransport/TrustStore.swift", "Supervision/CommandError.swift",
        "Supervision/CommandOutcome.swift", "Credentials/ProjectBackend.swift",
        "Credentials/CloudChoice.swift", "PulumiCloud/CloudURL.swift",
    ]

    /// So an error that is new, or says something else, is not forgotten.
    @Test(arguments: sources)
    func `every text of an error is in the list`(file: String) throws {
        try checkIsListed(try Repository.text("Sources/" + file))
    }

    /// Those that are beside their command.
    @Test func `every text of an extension of Explanation is in the list`() throws {
        for file in try files() where file.hasPrefix("pulumi-token/") || file.hasPrefix("TokenLifecycle/") {
            try checkIsListed(explanations(in: try Repository.text("Sources/" + file)))
        }
    }

    private func checkIsListed(_ source: String) throws {
        let page = try Repository.text("docs/messages.md")
        for literal in literals(in: source) {
            for part in literal where part.contains(" ") {
                let isListed = page.contains(part)
                #expect(isListed, "\(part)")
            }
        }
    }

    private func files() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: Repository.root + "/Sources").filter {
            $0.hasSuffix(".swift")
        }
    }

    /// The extensions of `Explanation` in a source.
    private func explanations(in source: String) -> String {
        var found = ""
        var rest = source[...]
        while let start = rest.firstRange(of: "\nextension Explanation {") {
            let end = rest[start.upperBound...].firstRange(of: "\n}\n")?.upperBound ?? rest.endIndex
            found += rest[start.lowerBound..<end]
            rest = rest[end...]
        }
        return found
    }

    @Test func `errors get their words where the list looks for them`() throws {
        let codes = [
            "usage", "failed", "notAllowed", "unavailable", "cannotWrite", "malformedFile", "unreadableFile",
            "notStarted", "notExecutable", "notFound",
        ]
        // What doctor finds is a row of its table, and ends nothing.
        for file in try files() where !Self.sources.contains(file) && !file.contains("/Doctor/") {
            let source = try Repository.text("Sources/" + file)
            let words = source.replacing(explanations(in: source), with: "").split(whereSeparator: \.isWhitespace)
            let text = words.joined(separator: " ").replacing("( ", with: "(")
            let beginnings = codes.map { "Explanation(.\($0), \"" } + ["UsageError(\""]
            #expect(beginnings.filter(text.contains) == [], "\(file)")
        }
    }

    /// The texts in quotes of a source, each without what is put into it.
    private func literals(in source: String) -> [[String]] {
        source.split(separator: "\n").filter { line in !line.drop { $0 == " " }.hasPrefix("//") }
            .flatMap { line -> [[String]] in
                var literals: [[String]] = []
                var rest = line[...]
                while let start = rest.firstIndex(of: "\"") {
                    let (parts, end) = parts(of: rest[rest.index(after: start)...])
                    literals.append(parts)
                    rest = end
                }
                return literals
            }
    }

    /// What stands before, between and behind the interpolations of a literal, and what follows the literal.
    private func parts(of text: Substring) -> (parts: [String], rest: Substring) {
        var (parts, current, rest) = ([String](), "", text)
        while let character = rest.popFirst(), character != "\"" {
            guard character == "\\", rest.first == "(" else {
                current.append(character)
                continue
            }
            parts.append(current)
            current = ""
            var depth = 0
            while let next = rest.popFirst() {
                depth += next == "(" ? 1 : next == ")" ? -1 : 0
                if depth == 0 { break }
            }
        }
        return (parts + [current], rest)
    }

    /// The few for which there is nothing that a person could do differently.
    private static let withoutHint = [
        "Pulumi Cloud refused the request", "cannot execute ./deploy: permission",
        "command not found: /opt", "it would exceed", "ended by", "cannot make a pipe", "interrupted by a signal",
        "contains a character", "out of memory", "failed: unknown error", "already had a token with this name",
        "the state of the main step", "the main step saved no state",
    ]

    @Test func `a person is told the way out, except where there is none`() {
        for error in Self.all where error.hint == nil {
            #expect(Self.withoutHint.contains { error.message.contains($0) }, "\(error.message)")
        }
    }

    @Test(arguments: all)
    func `an error says what cannot be done and why, and gives no advice`(error: Explanation) {
        for turn in ["could not ", "cannot be used", ", so ", " so that ", " is no ", ": use ", ": set ", " go with "] {
            #expect(!error.message.contains(turn), "\(error.message)")
        }
    }

    private static let verbs: Set = [
        "add", "allow", "capture", "check", "contact", "convert", "declare", "define", "do", "include", "install",
        "leave", "let", "make", "remove", "run", "set", "sign", "skip", "try", "unset", "use", "write",
    ]

    @Test(arguments: all)
    func `a hint begins with what to do`(error: Explanation) {
        guard let hint = error.hint, !hint.hasPrefix("did you mean ") else { return }
        // What was done already, or a condition, comes before it.
        let start = ["the token was revoked; ", "if the organization limits the lifetime of tokens, "].first {
            hint.hasPrefix($0)
        }
        let verb = hint.dropFirst(start?.count ?? 0).prefix { $0.isLetter }
        #expect(Self.verbs.contains(String(verb)), "\(hint)")
    }

    private func isName(_ word: Substring) -> Bool {
        word.allSatisfy { !$0.isLowercase } || ["Pulumi", "GitHub", "GitHub's"].contains(word)
    }
}
