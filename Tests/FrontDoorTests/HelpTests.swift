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
        for command in Command.shown { #expect(page.contains(".SS \(command.rawValue)")) }
        for option in Option.table { #expect(page.contains("\\-\\-" + option.name.replacing("-", with: "\\-"))) }
        for row in ExitCodeTable.rows { #expect(page.contains(".B \(row.code)\n")) }
    }

    @Test func `the documentation holds the tables as they are`() throws {
        let reference = try Repository.text("docs/reference.md")
        #expect(reference.contains(ReferenceTables.text), "run scripts/build, then pulumi-token help --format markdown")
    }

    @Test(arguments: [Command.revoke, .sweep])
    func `a sub-action has exactly the inputs of its command's options, and those of its own`(command: Command) throws {
        let file = try Repository.text("\(command.rawValue)/action.yml")
        let own: Set = command == .revoke ? ["access-token", "token-id"] : ["access-token"]
        let options = SubActionInputs.table(of: command)
        #expect(Set(Self.keys(of: "inputs", in: file)) == own.union(options.map(\.name)))
        let choosing = ["access-token"] + options.filter { $0.option.namesCredential }.map(\.name)
        #expect(file.split(separator: "\n").count { $0 == "    default: \(ActionInputs.unset)" } == choosing.count)
    }

    @Test func `the sub-action setup has no inputs, and sweep has an output for each outcome`() throws {
        #expect(Self.keys(of: "inputs", in: try Repository.text("setup/action.yml")) == [])
        let outputs = Self.keys(of: "outputs", in: try Repository.text("sweep/action.yml"))
        #expect(Set(outputs) == Set(Sweep.Outcome.allCases.map(\.rawValue)))
    }

    @Test func `the action has exactly the inputs of the options, and five of its own`() throws {
        let file = try Repository.text("action.yml")
        let inputs = Self.keys(of: "inputs", in: file)
        let own: Set = ["access-token", "export-env", "install", "revoke", "summary"]
        #expect(Set(inputs) == own.union(Option.table.compactMap(\.inputName)))
        #expect(inputs.count == 25)
        #expect(Self.keys(of: "outputs", in: file) == ["token", "token-id", "expires-at", "revocable"])
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
        ("exce", "exec"), ("", nil),
    ])
    func `a mistyped word gets the nearest one`(word: String, nearest: String?) {
        #expect(Spelling.nearest(to: word, among: Command.allCases.map(\.rawValue)) == nearest)
    }
}
