import HostSystem
import TestBench
import Testing
import TokenLifecycle

@testable import pulumi_token

/// One description of the options feeds everything that people read or press Tab on.
@Suite struct HelpTests {
    @Test func `help fits eighty columns`() {
        for text in [HelpText.overview] + Command.allCases.map(HelpText.of) {
            for line in text.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
        }
    }

    /// So no locale has to be asked for.
    @Test func `all that is said is ASCII`() throws {
        let texts =
            [HelpText.overview] + Command.allCases.map(HelpText.of)
            + MessageCatalogue.sections.flatMap(\.explanations).flatMap { [$0.message, $0.hint ?? ""] }
        for text in texts { #expect(text.utf8.allSatisfy { $0 < 0x80 }, "\(text)") }
    }

    /// The beginning of one revokes nothing.
    @Test func `the help of revoke shows a whole id`() {
        #expect(HelpText.of(.revoke).contains(#/pulumi-token revoke [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\n/#))
    }

    @Test(arguments: Command.allCases)
    func `the help of a command names all its options, variables, defaults and exit codes`(command: Command) {
        let text = HelpText.of(command).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(text.contains("Examples: "))
        #expect(text.contains("Exit codes: 0"))
        for option in Option.options(of: command) {
            #expect(text.contains(" \(option.usage) \(option.help)"))
            if option.hasVariable { #expect(text.contains(option.variable)) }
            if let fallback = option.fallback { #expect(text.contains("default: \(fallback)")) }
        }
    }

    @Test func `every option belongs to a command, and no two have a name`() {
        #expect(Set(Option.table.map(\.name)).count == Option.table.count)
        #expect(Option.table.allSatisfy { !$0.commands.isEmpty })
        #expect(Set(Option.table.compactMap(\.short)).count == Option.table.compactMap(\.short).count)
    }

    @Test func `the manual page has every command, option and exit code`() {
        let page = ManualPage.text
        for command in Command.shown { #expect(page.contains(".SS " + command.rawValue.replacing("-", with: "\\-"))) }
        for option in Option.table { #expect(page.contains("\\-\\-" + option.name.replacing("-", with: "\\-"))) }
        for row in ExitCodeTable.rows { #expect(page.contains(".B \(row.code)\n")) }
        for heading in ["ENVIRONMENT", "FILES", "EXIT STATUS", "SEE ALSO"] {
            #expect(page.contains(".SH \(heading)\n"))
        }
        for command in Command.shown {
            let text = command.explanation
            #expect(text.hasSuffix(".") && text.first?.isUppercase == true, "\(text)")
        }
    }

    @Test func `the manual page names variables and files that the source reads or sets`() throws {
        let folder = "\(Repository.root)/Sources"
        let files = try Program("grep", ["-rhoE", "\"[A-Z][A-Z0-9_]+\"", folder]).run().output.split(separator: "\n")
        let named = Set(files.map { String($0.dropFirst().dropLast()) })
        for (name, _) in ManualTables.variables { #expect(named.contains(name), "\(name)") }
        let model = try Repository.text("docs/security-model.md")
        for (name, _) in ManualTables.files {
            let folder = name.split(separator: "/").last.map(String.init) ?? ""
            #expect(model.contains(folder), "\(name) is not among the files that it opens")
        }
    }

    @Test func `the documentation holds the tables as they are`() throws {
        let reference = try Repository.text("docs/reference.md")
        #expect(reference.contains(ReferenceTables.text), "run scripts/build, then pulumi-token help --format markdown")
    }

    @Test(arguments: [Command.revoke, .sweep])
    func `a sub-action has exactly the inputs of its command's options, and those of its own`(command: Command) throws {
        let file = try Repository.text("\(command.rawValue)/action.yml")
        let own: Set = command == .revoke ? ["access-token", "token-id"] : ["access-token", "github-token"]
        let options = SubActionInputs.table(of: command)
        #expect(Set(Self.keys(of: "inputs", in: file)) == own.union(options.map(\.name)))
        let choosing = own.subtracting(["github-token"]).union(options.filter(\.option.namesCredential).map(\.name))
        #expect(file.split(separator: "\n").count { $0 == "    default: \(ActionInputs.unset)" } == choosing.count)
    }

    @Test func `the sub-action setup has no inputs, and sweep has an output for each outcome`() throws {
        #expect(Self.keys(of: "inputs", in: try Repository.text("setup/action.yml")) == [])
        let outputs = Self.keys(of: "outputs", in: try Repository.text("sweep/action.yml"))
        #expect(Set(outputs) == Set(Sweep.Outcome.allCases.map(\.rawValue)))
    }

    @Test func `the action has exactly the inputs of the options, and eight of its own`() throws {
        let file = try Repository.text("action.yml")
        let inputs = Self.keys(of: "inputs", in: file)
        let own: Set = [
            "access-token", "export-env", "install", "job-status", "on-cancel", "revoke", "summary", "work-dir",
        ]
        #expect(Set(inputs) == own.union(Option.table.compactMap(\.inputName)))
        #expect(Set(inputs).count == inputs.count)
        let outputs = Self.keys(of: "outputs", in: file)
        #expect(outputs == ["token", "token-id", "expires-at", "revocable", "kind", "cloud-url"])
        // Those that choose the credential: an empty one is not an absent one.
        let choosing = ["access-token"] + Option.table.filter(\.namesCredential).compactMap(\.inputName)
        #expect(file.split(separator: "\n").count { $0 == "    default: \(ActionInputs.unset)" } == choosing.count)
    }

    /// The keys two blanks deep below a key of a YAML file.
    private static func keys(of section: String, in yaml: String) -> [String] {
        let lines = yaml.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard let start = lines.firstIndex(of: section + ":") else { return [] }
        return lines[(start + 1)...].prefix { $0.isEmpty || $0.hasPrefix(" ") }
            .filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") && $0.hasSuffix(":") }
            .map { String($0.dropFirst(2).dropLast()) }
    }

    @Test(arguments: [
        ("mnit", "mint"), ("revok", "revoke"), ("revoke-token", nil), ("lst", "list"), ("sweeep", "sweep"),
        ("xyz", nil),
        ("exce", "exec"), ("", nil), ("run", "exec"), ("rm", "revoke"), ("ls", "list"), ("create", "mint"),
    ])
    func `a mistyped word, or another tool's, gets the right one`(word: String, nearest: String?) {
        #expect(Command.nearest(to: word)?.rawValue == nearest)
    }

    private static let meant: [(word: String, command: Command, name: String?)] = [
        ("--older", .sweep, "older-than"), ("--dry", .sweep, "dry-run"), ("--duration", .mint, "ttl"),
        ("--tll", .mint, "ttl"), ("--older", .mint, nil), ("--x", .mint, nil), ("--format", .list, "json"),
    ]

    @Test(arguments: meant)
    func `an option that is cut off or has another name gets the right one`(
        word: String,
        command: Command,
        name: String?
    ) {
        #expect(Spelling.option(meantBy: word, among: Option.options(of: command))?.name == name)
    }
}
