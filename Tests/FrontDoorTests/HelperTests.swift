import HostSystem
import TestBench
import TestMachine
import Testing
import TokenLifecycle

/// `credential-helper` and `exec --helper` as far as no process is needed.
@Suite struct HelperCommandTests {
    private let machine: Machine

    init() throws {
        // Where errors are annotated, and where a helper must not annotate anything.
        machine = try Machine(variables: ["GITHUB_ACTIONS": "true"])
    }

    private func ask(_ text: String, adding changes: [String: String] = [:]) throws -> Machine.Outcome {
        machine.input = text
        return try machine.run("credential-helper", adding: changes)
    }

    @Test(arguments: [
        ("{", Explanation.notARequest), (#"{"version":2,"reason":"initial"}"#, .otherVersion(2)),
        (#"{"version":1,"reason":"bored"}"#, .unknownReason),
        (#"{"version":1,"reason":"initial","x":""# + String(repeating: "x", count: 1 << 16) + "\"}", .notARequest),
    ])
    func `what is not a request gets one plain sentence and no object`(text: String, error: Explanation) throws {
        let outcome = try ask(text, adding: [HelperClient.variable: "/nonexistent/helper"])
        #expect(outcome.code == 65 && outcome.output.isEmpty)
        #expect(outcome.error == "pulumi-token: error: \(error.message)\n")
    }

    @Test func `without a server there is one plain sentence, whatever the system and however loud`() throws {
        let request = #"{"version":1,"reason":"initial"}"#
        let unset = try ask(request, adding: ["PULUMI_TOKEN_VERBOSE": "true", "RUNNER_DEBUG": "1"])
        #expect(unset.code == 64 && unset.output.isEmpty)
        #expect(unset.error == "pulumi-token: error: \(Explanation.noHelperSocket.message)\n")
        let gone = try ask(request, adding: [HelperClient.variable: machine.disk.file("helper")])
        #expect(gone.code == 69 && gone.output.isEmpty)
        #expect(gone.error.split(separator: "\n").count == 1)
    }

    @Test(arguments: [["--env-name", "A"], ["--expires", "2033-01-01T00:00:00Z"], ["--lease", "/tmp/x"]])
    func `what makes no sense with a helper is refused before anything is done`(words: [String]) throws {
        let outcome = try machine.run(["exec", "--helper"] + words + ["--", "true"], adding: [:])
        #expect(outcome.code == 125)
        #expect(outcome.error.contains("\(words[0]) and --helper cannot be combined"))
    }
}
