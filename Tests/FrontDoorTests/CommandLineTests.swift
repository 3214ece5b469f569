import HostSystem
import TestBench
import Testing

@testable import pulumi_token

/// What is typed, and what is set in the environment, means what a person expects.
@Suite struct CommandLineTests {
    private func parse(
        _ command: Command,
        _ words: [String],
        _ environment: [String: String] = [:]
    ) throws(UsageError) -> Arguments {
        try ArgumentParser(command: command, environment: Environment(environment)).parse(words)
    }

    @Test(arguments: [
        ([], Invocation.nothing), (["-q"], .nothing), (["--help"], .overview), (["-h"], .overview),
        (["-qh"], .overview), (["--version"], .version(isVerbose: false)), (["-V"], .version(isVerbose: false)),
        (["version"], .version(isVerbose: false)), (["--version", "--verbose"], .version(isVerbose: true)),
        (["-v", "--version"], .version(isVerbose: true)), (["mint"], .command(.mint, [])),
        (["-v", "mint", "-q"], .command(.mint, ["-v", "-q"])),
        (["--ttl", "5m", "mint", "--wait"], .command(.mint, ["--ttl", "5m", "--wait"])),
        (["--ttl=5m", "mint"], .command(.mint, ["--ttl=5m"])),
        (["--session", "list", "revoke"], .command(.revoke, ["--session", "list"])),
        (["--help", "mint"], .command(.mint, ["--help"])),
        (["exec", "--", "--version"], .command(.exec, ["--", "--version"])),
        (["mnit"], .unknown("mnit", nearest: .mint)),
    ])
    func `options may stand before the command`(words: [String], meaning: Invocation) {
        #expect(Invocation(words) == meaning)
    }

    @Test func `what may be a secret in the place of a command is not shown`() throws {
        let secret = "-p" + "ul-" + String(repeating: "0", count: 40)
        guard case .unknownOption(let error) = Invocation([secret]) else { throw BenchError("it is not refused") }
        #expect(error.message == "unknown option" && error.hint == Help.pointer)
    }

    @Test func `short switches may be written as one`() throws {
        let arguments = try parse(.mint, ["-qv"])
        #expect(arguments.isOn(.quiet) && arguments.isOn(.verbose))
        #expect(throws: UsageError.self) { try parse(.mint, ["-qx"]) }
        #expect(throws: UsageError.self) { try parse(.mint, ["-q=true"]) }
    }

    @Test func `a list has commas on the command line as in its variable`() throws {
        let names = ["A", "B", "C"]
        #expect(
            try parse(.mint, ["--env-name", "A , B", "--env-name=C"]).list(of: .environmentName).map(\.text) == names
        )
        let variables = ["PULUMI_TOKEN_ENV_NAME": "A,B , C"]
        #expect(try parse(.mint, [], variables).list(of: .environmentName).map(\.text) == names)
        #expect(throws: UsageError("--env-name is empty", hint: "set it to a value, or leave it out")) {
            try parse(.mint, ["--env-name", ","])
        }
    }

    @Test(arguments: [("true", true), ("1", true), ("false", false), ("0", false)])
    func `a switch may be a number in its variable`(text: String, isOn: Bool) throws {
        #expect(try parse(.mint, [], ["PULUMI_TOKEN_QUIET": text]).isOn(.quiet) == isOn)
    }

    @Test func `what else is in the variable of a switch is a clear error`() {
        let error = UsageError("invalid value for PULUMI_TOKEN_QUIET: 'yes'", hint: "set it to true or false")
        #expect(throws: error) { try parse(.mint, [], ["PULUMI_TOKEN_QUIET": "yes"]) }
    }

    @Test(arguments: [
        (["--expires", "2033-01-01T00:00:00Z"], ["PULUMI_TOKEN_TTL": "1h"], Option.expires, Option.ttl),
        (["--ttl", "1h"], ["PULUMI_TOKEN_EXPIRES": "2033-01-01T00:00:00Z"], .ttl, .expires),
    ])
    func `a flag beats the variable of the other way to say it`(
        words: [String],
        variables: [String: String],
        chosen: Option,
        other: Option
    ) throws {
        let arguments = try parse(.mint, words, variables)
        #expect(arguments.value(of: chosen)?.origin == .flag(chosen.name))
        #expect(arguments.value(of: other) == nil)
    }

    @Test func `two variables that exclude each other are both there, to be refused`() throws {
        let variables = ["PULUMI_TOKEN_TTL": "1h", "PULUMI_TOKEN_EXPIRES": "2033-01-01T00:00:00Z"]
        let arguments = try parse(.mint, [], variables)
        #expect(arguments.value(of: .ttl) != nil && arguments.value(of: .expires) != nil)
    }

    @Test func `a variable that nothing reads is named, with the one that was meant`() {
        let environment = Environment([
            "PULUMI_TOKEN_TLL": "5m", "PULUMI_TOKEN_TTL": "5m", "PULUMI_TOKEN_JSON": "true", "PULUMI_ACCESS_TOKEN": "x",
        ])
        #expect(
            UnknownVariables.notices(in: environment) == [
                "the variable 'PULUMI_TOKEN_JSON' is unknown, so it is ignored",
                "the variable 'PULUMI_TOKEN_TLL' is unknown, so it is ignored; did you mean PULUMI_TOKEN_TTL?",
            ]
        )
    }

    /// So no job is told of variables that our own component set.
    @Test func `the variables of the component and of the include for make are known`() throws {
        let folders = ["integrations", "templates", "examples"].map { "\(Repository.root)/\($0)" }
        let output = try Program("grep", ["-rhoE", "PULUMI_TOKEN_[A-Z0-9_]+"] + folders).run().output
        let names = Set(output.split(separator: "\n").map(String.init))
        #expect(names.count > 10)
        let environment = Environment(Dictionary(uniqueKeysWithValues: names.map { ($0, "x") }))
        #expect(UnknownVariables.notices(in: environment) == [])
    }

    @Test(arguments: [(["a"], "a"), (["a", "b"], "a or b"), (["a", "b", "c"], "a, b, or c"), ([], "")])
    func `a choice is written as people write it`(words: [String], text: String) {
        #expect(listed(words, before: "or") == text)
    }
}
