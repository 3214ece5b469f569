import HostSystem
import RunnerGrammars
import Secrets
import TestBench
import Testing

@testable import CISystems

@Suite struct EnvironmentFileTests {
    private let scratch: ScratchFolder

    init() throws {
        scratch = try ScratchFolder()
    }

    private func file(
        _ dialect: EnvironmentFiles.Dialect,
        _ purpose: EnvironmentFile.Purpose = .environment
    ) throws -> EnvironmentFile {
        if scratch.contents("f") == nil { try scratch.write("", to: "f") }
        let environment = Environment([purpose.variable: scratch.file("f")])
        return try EnvironmentFiles(in: environment, dialect: dialect).file(for: purpose)
    }

    /// Makes the same delimiter every time.
    private var zeros: Randomness { Randomness { [UInt8](repeating: 0, count: $0) } }
    private let zeroDelimiter = "ghadelimiter_00000000-0000-4000-8000-000000000000"

    private func append(_ variables: [ExportedVariable], _ dialect: EnvironmentFiles.Dialect) throws {
        try file(dialect).append(variables, randomness: .system)
    }

    private func refusal(
        of variable: ExportedVariable,
        _ dialect: EnvironmentFiles.Dialect,
        _ purpose: EnvironmentFile.Purpose = .environment
    ) throws -> ExportError? {
        let file = try file(dialect, purpose)
        do throws(ExportError) {
            try file.append([.plain("FIRST", "1"), variable], randomness: zeros)
            return nil
        } catch {
            #expect(scratch.text("f") == "", "nothing may be written")
            return error
        }
    }

    /// The parsers before Gitea's of 2026 stop there without a word.
    @Test func `behind a line that the runner does not read nothing is written`() throws {
        let long = "A=" + String(repeating: "x", count: 70_000) + "\n"
        for (dialect, isRefused) in [(EnvironmentFiles.Dialect.act, true), (.gitHub, false)] {
            try scratch.write(long, to: "f")
            let file = try file(dialect)
            let error = ExportError.longLine(path: scratch.file("f"))
            if isRefused {
                #expect(throws: error) { try file.checkIsWritable() }
                #expect(throws: error) { try file.append([.plain("B", "1")], randomness: .system) }
                #expect(scratch.text("f") == long)
            } else {
                try file.checkIsWritable()
                try file.append([.plain("B", "1")], randomness: .system)
            }
        }
    }

    /// Values that every parser has to hand over unchanged.
    private static let carried = [
        "", "plain", "pul-0123", " leading and trailing ", "a=b", "=", "<<EOF", "A<<B", "EOF", "ghadelimiter_",
        "'q' \"d\" `b` $x \\",
        "%0A %25", "::add-mask::x", "##[group]x", "é\u{1F600}", "\u{FEFF}bom", "#comment", "export X=1", "one\ntwo",
        "one\n\nthree",
        "one\n", "one\n\n\n", "  \n x", "a\rb", "\rx", "tab\there", "\u{85}\u{2028}", "\u{1}\u{7F}",
    ]

    @Test(arguments: carried)
    func `every runner reads what was meant`(value: String) throws {
        let variables = [ExportedVariable.plain("FIRST", "1"), .secret("TOKEN", Secret(value)), .plain("LAST", value)]
        let expected = ["FIRST": "1", "TOKEN": value, "LAST": value]
        for dialect in [EnvironmentFiles.Dialect.gitHub, .act] {
            try scratch.write("EARLIER=0\n", to: "f")
            try append(variables, dialect)
            let bytes = try #require(scratch.contents("f"))
            try expectEqual(GitHubRunner.environment(bytes), expected)
            guard dialect == .act else { continue }
            for files in [Act.files, Gitea.files, Forgejo.files] {
                try expectEqual(files.variables(in: bytes), expected)
            }
        }
    }

    private func expectEqual(_ found: [String: String], _ expected: [String: String]) {
        #expect(found.count == expected.count + 1)
        #expect(found["EARLIER"] == "0")
        for (name, value) in expected {
            #expect(found[name]?.utf8.elementsEqual(value.utf8) == true, "\(name): \(found[name].debugDescription)")
        }
    }

    @Test func `random values come through or are refused`() throws {
        var generator = SeededGenerator(seed: 420)
        let parts = ["\n", "\r", "\r\n", " ", "=", "<<", "x", "é", "ghadelimiter_", "A=1", "%", "\n\n"]
        for _ in 0..<150 {
            let value = (0..<generator.number(0...6)).map { _ in parts[generator.number(0...parts.count - 1)] }.joined()
            for dialect in [EnvironmentFiles.Dialect.gitHub, .act] {
                try scratch.write("EARLIER=0\n", to: "f")
                let file = try file(dialect)
                do throws(ExportError) {
                    try file.append([.plain("VALUE", value)], randomness: .system)
                } catch {
                    #expect(dialect == .act, "GitHub's runner can be told every value")
                    continue
                }
                let bytes = try #require(scratch.contents("f"))
                try expectEqual(GitHubRunner.environment(bytes), ["VALUE": value])
                guard dialect == .act else { continue }
                for files in [Act.files, Gitea.files, Forgejo.files] {
                    try expectEqual(files.variables(in: bytes), ["VALUE": value])
                }
            }
        }
    }

    @Test(arguments: [
        ("\n", "it begins with a blank line"), ("\nx", "it begins with a blank line"),
        ("x\r", "a line ends with a carriage return"),
        ("x\r\ny", "a line ends with a carriage return"), (String(repeating: "x", count: 65_535), "a line is too long"),
    ])
    func `what act and its kin would spoil is refused by name`(value: String, reason: String) throws {
        let error = ExportError.unrepresentable(name: "TOKEN", format: "a line of GITHUB_ENV", reason: reason)
        #expect(try refusal(of: .secret("TOKEN", Secret(value)), .act) == error)
        #expect(error.message.contains("TOKEN"))
        #expect(try refusal(of: .secret("TOKEN", Secret(value)), .gitHub) == nil)
    }

    @Test func `the longest line of act is carried`() throws {
        let value = String(repeating: "x", count: 65_534) + "\nshort"
        try append([.plain("LONG", value), .plain("NEXT", "1")], .act)
        let bytes = try #require(scratch.contents("f"))
        for files in [Act.files, Gitea.files, Forgejo.files] {
            let isCarried = try files.variables(in: bytes) == ["LONG": value, "NEXT": "1"]
            #expect(isCarried)
        }
    }

    @Test(arguments: EnvironmentFile.Purpose.allCases)
    func `no runner can carry these`(purpose: EnvironmentFile.Purpose) throws {
        for dialect in [EnvironmentFiles.Dialect.gitHub, .act] {
            for (bytes, reason) in [
                ([0x61, 0, 0x62], "it contains a NUL byte"), ([0xFF], "it is not UTF-8"),
                ([0xED, 0xA0, 0x80], "it is not UTF-8"),
                (Array("x\n\(zeroDelimiter)\ny".utf8), "it contains the delimiter"),
                (Array("x\(zeroDelimiter)".utf8), "it contains the delimiter"),
            ] as [([UInt8], String)] {
                let error = ExportError.unrepresentable(
                    name: "TOKEN",
                    format: "a line of \(purpose.variable)",
                    reason: reason
                )
                #expect(try refusal(of: .secret("TOKEN", Secret(bytes)), dialect, purpose) == error)
            }
        }
    }

    @Test func `a value that would keep every later step from starting is refused`() throws {
        // One string of an environment has 131,072 bytes with its name, "=" and NUL; a state's name begins with STATE_.
        let fits = String(repeating: "x", count: 131_072 - 8 - 5)
        #expect(
            try refusal(of: .plain("TOKEN", fits + "x"), .gitHub)
                == .unrepresentable(name: "TOKEN", format: "a line of GITHUB_ENV", reason: "it is too long")
        )
        #expect(try refusal(of: .plain("TOKEN", fits), .gitHub) == nil)
    }

    @Test(arguments: [
        ("", VariableName.Problem.malformed), ("1A", .malformed), ("A-B", .malformed), ("A B", .malformed),
        ("A=B", .malformed),
        ("A<<B", .malformed), ("A\nB", .malformed), ("É", .malformed), ("NODE_OPTIONS", .reserved),
        ("node_options", .reserved),
        ("GITHUB_TOKEN", .reserved), ("RUNNER_TEMP", .reserved), ("INPUT_X", .reserved), ("STATE_x", .reserved),
        ("ACTIONS_ID_TOKEN_REQUEST_URL", .reserved), ("ACTIONS_RUNTIME_TOKEN", .reserved),
    ])
    func `names that a runner refuses or overwrites are refused`(name: String, problem: VariableName.Problem) throws {
        for dialect in [EnvironmentFiles.Dialect.gitHub, .act] {
            #expect(try refusal(of: .plain(name, "x"), dialect) == .unusableName(name, problem))
        }
    }

    @Test(arguments: [
        ("__hidden", VariableName.Problem.reserved), ("", .malformed), ("a b", .malformed), ("-a", .malformed),
        ("a=b", .malformed),
        ("a.b", .malformed), ("1a", .malformed),
    ])
    func `names of outputs`(name: String, problem: VariableName.Problem) throws {
        #expect(try refusal(of: .plain(name, "x"), .gitHub, .output) == .unusableName(name, problem))
    }

    @Test func `outputs and state may have hyphens in their names`() throws {
        for purpose in [EnvironmentFile.Purpose.output, .state] {
            try scratch.write("", to: "f")
            try file(.gitHub, purpose).append([.plain("token-id", "1"), .plain("GITHUB_x", "2")], randomness: .system)
            #expect(try GitHubRunner.outputs(scratch.contents("f") ?? []) == ["token-id": "1", "GITHUB_x": "2"])
        }
        try scratch.write("", to: "f")
        try file(.gitHub, .state).append([.plain("__x", "1")], randomness: .system)
        try scratch.write("", to: "f")
        #expect(try refusal(of: .plain("a b", "x"), .gitHub, .state) == .unusableName("a b", .malformed))
    }

    @Test func `it is written as the official toolkit writes it`() throws {
        try file(.gitHub).append([.plain("A", "1"), .secret("B", Secret("x\ny"))], randomness: zeros)
        #expect(
            scratch.text("f")
                == "A<<\(zeroDelimiter)\n1\n\(zeroDelimiter)\nB<<\(zeroDelimiter)\nx\ny\n\(zeroDelimiter)\n"
        )
    }

    @Test func `each value has a delimiter that nobody can guess`() throws {
        try append([.plain("A", ""), .plain("B", "")], .gitHub)
        let lines = (scratch.text("f") ?? "").split(separator: "\n").map(String.init)
        let delimiters = lines.filter { $0.hasPrefix("ghadelimiter_") }
        #expect(Set(delimiters).count == 2)
        for delimiter in delimiters {
            #expect(
                delimiter.groups(of: "ghadelimiter_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
                    != nil
            )
        }
    }

    @Test func `all variables are appended by one write`() throws {
        let calls = Calls()
        try file(.gitHub).append([.plain("A", "1"), .plain("B", "2")], randomness: .system) {
            descriptor,
            bytes in
            calls.count += 1
            return systemWrite(descriptor, bytes)
        }
        #expect(calls.count == 1)
        #expect(try GitHubRunner.environment(scratch.contents("f") ?? []) == ["A": "1", "B": "2"])
    }

    @Test func `nothing to write touches nothing`() throws {
        let file = EnvironmentFile(purpose: .output, path: "/nonexistent/file", dialect: .gitHub)
        try file.append([], randomness: .system)
    }

    @Test func `outside of a step there is no file`() throws {
        let files = EnvironmentFiles(in: Environment(["GITHUB_ENV": ""]), dialect: .gitHub)
        for purpose in EnvironmentFile.Purpose.allCases {
            #expect(throws: ExportError.missingVariable(purpose.variable)) { try files.file(for: purpose) }
        }
    }

    @Test func `whether it could be written is known before`() throws {
        try file(.gitHub).checkIsWritable()
        let missing = EnvironmentFile(purpose: .output, path: scratch.file("missing"), dialect: .gitHub)
        #expect(throws: ExportError.missingFile(variable: "GITHUB_OUTPUT", path: scratch.file("missing"))) {
            try missing.checkIsWritable()
        }
        try scratch.makeFolder("folder")
        try scratch.link("link", to: scratch.file("f"))
        for name in ["folder", "link"] {
            #expect(throws: ExportError.notAPlainFile(path: scratch.file(name))) {
                try EnvironmentFile(purpose: .output, path: scratch.file(name), dialect: .gitHub).checkIsWritable()
            }
        }
        #expect(scratch.text("f") == "")
    }
}

/// How often something was called.
final class Calls: @unchecked Sendable {
    var count = 0
}
