import CloudEmulator
import JobBench
import RunnerGrammars
import TestBench
import Testing

/// An example of a document or of `examples/`, and how it is run: as its system would, on a machine with a cloud.
struct ExampleRun {
    /// Which system, and what else has to be known: `gitlab`, `make deploy one`.
    let kind: String
    let text: String
    /// Whether it claims nothing about a command that fails.
    var isBestEffort = false

    /// Runs it as it stands, and once more with a command that fails.
    ///
    /// Commands have to find a token of their own, no token may be alive afterwards, and no log may show one.
    func check(_ source: String) throws {
        for shell in shells {
            try check(fails: false, shell, source)
            if !isBestEffort, runsPulumi { try check(fails: true, shell, source) }
        }
    }

    var shells: [String] {
        switch kind.prefix(while: { $0 != " " }) {
        case "gitlab": ["bash", "dash"]
        // What is not sourced is the same in every shell.
        case "shell" where text.contains(". \"$("): ["sh", "bash", "zsh", "busybox", "ksh93", "mksh", "yash"]
        case "shell": ["sh", "bash", "zsh"]
        case "mksh": ["mksh"]
        default: [""]
        }
    }

    /// What only revokes runs nothing with a token.
    var runsPulumi: Bool { !text.contains("sweep") || text.contains("pulumi up") }

    private func check(fails: Bool, _ shell: String, _ source: String) throws {
        let machine = try Self.machine()
        let result = try run(fails: fails, on: machine, in: shell)
        #expect(result.succeeded == !fails, "\(source): \(result.shown)")
        let calls = machine.pulumiCalls
        let areMinted = calls.isEmpty != runsPulumi && calls.allSatisfy { $0.token == .minted }
        #expect(areMinted, "\(source): \(calls) \(result.shown)")
        #expect(machine.cloud.liveTokens.isEmpty, "\(source) \(shell) leaves a token alive: \(result.shown)")
        #expect(leaks(of: machine.mintedValues + [machine.parent], in: result.shown) == [], "\(source)")
        // What the Pulumi CLI keeps of its token goes with it, where steps are told where to keep it.
        if text.contains("export-env: false") { return }
        let kept = machine.sandbox.files.filter { $0.hasSuffix("/credentials.json") }
        for file in kept {
            #expect(leaks(of: machine.mintedValues, in: TestBench.text(of: file) ?? "") == [], "\(file)")
        }
    }

    /// A cloud where alice's jobs may mint with their identity.
    static func machine() throws -> BuildMachine {
        try BuildMachine {
            $0.exchange.policies = [Policy(tokenType: "personal", subject: "*")]
            $0.exchangedTokensMayMint = true
        }
    }

    typealias Result = (succeeded: Bool, shown: String)

    func run(fails: Bool, on machine: BuildMachine, in shell: String) throws -> Result {
        let text = Self.failing(text, if: fails)
        let words = kind.split(separator: " ").map(String.init)
        switch words.first {
        case "gitlab":
            let release = words.last == "release" ? try Release.shared() : nil
            return try gitLab(text, machine, try #require(GitLabJob.Shell(rawValue: shell)), release)
        case "github": return try gitHub(text, machine)
        case "make": return try make(text, Array(words.dropFirst()), machine)
        case "sh":
            let project = try makeProject(
                Self.failing(try Repository.text("examples/make/Makefile"), if: fails),
                machine
            )
            return (try project.program(["-ec", text], named: "sh").run()).result
        case "shell", "mksh", "fish":
            let words = (shell == "busybox" ? ["sh"] : []) + (shell.isEmpty ? ["-c", text] : ["-c", text, shell])
            let program = Program(shell.isEmpty ? "fish" : shell, words, environment: try machine.jobEnvironment())
            return try program.run().result
        case "hooks": return try hooks(text, fails: fails, machine)
        case "node":
            let program = try AutomationStandIn(machine).program(text)
            let words = ["exec", "--"] + program
            return try Program(try machine.programs() + "/pulumi-token", words, environment: machine.jobEnvironment())
                .run().result
        case let name?:
            guard let system = StepJob.System(rawValue: name) else { break }
            let job = try StepJob(machine, on: system)
            if words.dropFirst() == ["script"] { return (try job.run(["sh", "-e"], text).status == 0, job.log.text) }
            let results = try PlannedJob.all(name, in: text).map { try job.run($0) }
            return (!results.contains(false), job.log.text)
        default: break
        }
        throw BenchError("nobody knows how to run an example of the kind \(kind)")
    }

    /// The text with a command that fails in the place of its deployment.
    private static func failing(_ text: String, if fails: Bool) -> String {
        guard fails else { return text }
        return ["stack.up(", "pulumi up", "command: up", "kubectl create"].reduce(text) { text, command in
            let failing = command.prefix { $0 != " " } + " fail"
            return text.replacing(command, with: command == "stack.up(" ? "stack.fail(" : String(failing))
        }
    }

    // MARK: GitLab

    private func gitLab(
        _ text: String,
        _ machine: BuildMachine,
        _ shell: GitLabJob.Shell,
        _ release: Release?
    ) throws -> Result {
        var result: Result = (true, "")
        let component = release?.component
        if release != nil { try machine.removeInstalledExecutable() }
        // A mirror on this machine, in the place of the one that the example names.
        let text = release.map { text.replacing(text.between("download: ", "\n"), with: $0.url) } ?? text
        for plan in try PlannedJob.all("gitlab", in: text, component: component) {
            let job = try GitLabJob(machine, plan, in: shell)
            if try !job.run() { result.succeeded = false }
            result.shown += job.log.text
        }
        return result
    }

    // MARK: GitHub

    private func gitHub(_ text: String, _ machine: BuildMachine) throws -> Result {
        var result: Result = (true, "")
        var outputs: [String: [String: String]] = [:]
        for plan in try PlannedJob.all("github", in: text) {
            let job = try GitHubWorkflowJob(machine, plan, needs: outputs)
            if try !job.run() { result.succeeded = false }
            outputs[plan.name] = job.outputs
            result.shown += job.shown
        }
        return result
    }

    // MARK: Make

    private func make(_ text: String, _ goals: [String], _ machine: BuildMachine) throws -> Result {
        try makeProject(text, machine).program(goals).run().result
    }

    private func makeProject(_ text: String, _ machine: BuildMachine) throws -> MakeProject {
        let project = try MakeProject(text, on: machine)
        try project.write(try Repository.text("integrations/pulumi-token.mk"), to: "pulumi-token.mk")
        return project
    }

    // MARK: Hooks of Buildkite

    /// Two hooks around a command, which the agent runs with what the first one exported.
    private func hooks(_ text: String, fails: Bool, _ machine: BuildMachine) throws -> Result {
        let job = try StepJob(machine, on: .buildkite)
        let parts = text.split(separator: "\n# pre-exit\n").map(String.init)
        #expect(parts.count == 2)
        for (name, part) in zip(["pre-command", "pre-exit"], parts) {
            try machine.sandbox.write(part, to: name)
        }
        let script = """
            . '\(machine.sandbox.file("pre-command"))' || exit
            bash -e -c 'pulumi \(fails ? "fail" : "up")'
            status=$?
            . '\(machine.sandbox.file("pre-exit"))'
            exit $status

            """
        return (try job.run(["bash"], script).status == 0, job.log.text)
    }
}

extension Outcome {
    /// Whether it succeeded, and what it said.
    fileprivate var result: (succeeded: Bool, shown: String) { (status == 0, log) }
}
