import CloudEmulator
import JobBench
import RunnerGrammars
import TestBench
import Testing

/// All that a job writes, on every system, read as that system shows it and as it was written.
@Suite(.hangLimit, .ownThreads) struct LeakTests {
    /// A job on one system, whose steps are scripts.
    private final class Scene {
        let machine: BuildMachine
        let job: StepJob
        let system: StepJob.System

        init(_ system: StepJob.System, _ change: (inout Configuration) -> Void = { _ in }) throws {
            self.system = system
            machine = try BuildMachine(change)
            job = try StepJob(machine, on: system)
        }

        /// A step that has the credential that mints.
        @discardableResult
        func step(_ script: String, in shell: [String] = ["bash"]) throws -> Outcome {
            try job.run(shell, script, adding: ["PULUMI_ACCESS_TOKEN": machine.parent])
        }

        /// A step that has what earlier ones handed over.
        @discardableResult
        func laterStep(_ script: String) throws -> Outcome {
            try job.run(
                ["bash"],
                script,
                adding: system == .azure ? ["PULUMI_ACCESS_TOKEN": "$(PULUMI_ACCESS_TOKEN)"] : [:]
            )
        }

        var secrets: [String] { machine.mintedValues + [machine.parent] }

        /// What was written, without the lines that tell the system what to hide.
        var written: String {
            guard system.masks else { return job.output }
            let instructions = ["::add-mask::", "##vso[task.setsecret]", "##vso[task.setvariable "]
            return job.output.split(separator: "\n").filter { line in
                !instructions.contains { line.hasPrefix($0) }
            }.joined(separator: "\n")
        }
    }

    private static let systems = StepJob.System.allCases

    /// Prints the token in the ways that people have.
    private static let printing = """
        echo "$PULUMI_ACCESS_TOKEN"
        echo "user:$PULUMI_ACCESS_TOKEN" | base64 -w0; echo
        printf %s "$PULUMI_ACCESS_TOKEN" | base64 -w0; echo
        printf 'xx%s' "$PULUMI_ACCESS_TOKEN" | base64 -w0 | tr '+/' '-_'; echo
        printf %s "$PULUMI_ACCESS_TOKEN" | xxd -p
        printf %s "$PULUMI_ACCESS_TOKEN" | xxd -p -u -c0
        printf '{"token":"%s"}\\n' "$PULUMI_ACCESS_TOKEN" >&2
        env

        """

    /// How a job hands the token to what comes after.
    private static func mint(_ system: StepJob.System, _ options: String = "") -> String {
        switch system {
        case .azure: "pulumi-token mint --export azure \(options)"
        case .circleci: "pulumi-token mint --export circleci \(options)"
        case _ where system.isLikeGitHub: "pulumi-token mint \(options)"
        default: ". \"$(pulumi-token mint \(options))\""
        }
    }

    @Test(arguments: systems)
    func `nothing that we write shows a secret`(system: StepJob.System) throws {
        let scene = try Scene(system)
        try scene.step("pulumi-token doctor; pulumi-token doctor --json; true")
        try scene.step("set -xv\n\(Self.mint(system, "-v --verify --wait"))\ntrue")
        #expect(scene.machine.cloud.liveTokens.count == 1)
        try scene.step("pulumi-token list -v; pulumi-token list --json --all; pulumi-token sweep -v; true")
        try scene.step("pulumi-token sweep --older-than 1s --dry-run; true")
        try scene.step(Self.usesSession(system) ? "pulumi-token revoke -v" : "pulumi-token sweep --older-than 0s; true")
        #expect(leaks(of: scene.secrets, in: scene.written) == [])
        #expect(leaks(of: scene.secrets, in: scene.job.log.text) == [])
        if Self.usesSession(system) { #expect(scene.machine.cloud.liveTokens.isEmpty) }
    }

    @Test(arguments: systems)
    func `what a command of exec prints shows no secret, whatever the system can do`(system: StepJob.System) throws {
        let scene = try Scene(system)
        try scene.machine.sandbox.write(Self.printing, to: "printing")
        let path = scene.machine.sandbox.file("printing")
        let outcome = try scene.step("pulumi-token exec -v -- bash -x '\(path)'")
        #expect(outcome.status == 0)
        // No line tells the system what to hide either: what a job keeps of the output is not the log.
        #expect(leaks(of: scene.secrets, in: scene.job.output) == [])
        #expect(scene.machine.cloud.liveTokens.isEmpty)
    }

    @Test(arguments: systems)
    func `what cannot show a secret masks none`(system: StepJob.System) throws {
        let scene = try Scene(system)
        _ = try scene.machine.run("mint", "--export", "none", adding: ["PULUMI_TOKEN_SESSION": "s"])
        #expect(scene.machine.cloud.liveTokens.count == 1)
        for command in ["doctor", "list -v", "sweep --older-than 1s --dry-run", "sweep", "revoke --session s"] {
            try scene.step("pulumi-token \(command) > kept 2>&1; cat kept")
        }
        #expect(leaks(of: scene.secrets, in: scene.job.output) == [])
    }

    @Test(arguments: systems.filter { $0.masks && $0 != .buildkite }, ["2> kept", "2> /dev/null", "> kept 2>&1"])
    func `a mask that the log would not see is no mask`(system: StepJob.System, redirection: String) throws {
        let scene = try Scene(system)
        let outcome = try scene.step("pulumi-token mint --export none \(redirection)")
        #expect(outcome.status == 64)
        #expect(scene.machine.cloud.requests.isEmpty)
    }

    @Test(arguments: systems.filter(\.masks))
    func `where a job can mask, what later commands print is hidden`(system: StepJob.System) throws {
        let scene = try Scene(system)
        let isOneShell = Self.mint(system).hasPrefix(".")
        if isOneShell {
            try scene.step(Self.mint(system) + "\n" + Self.printing)
        } else {
            try scene.step(Self.mint(system))
            try scene.laterStep(Self.printing)
        }
        // It was printed, in the open.
        #expect(scene.written.contains(try #require(scene.machine.mintedValues.first)))
        #expect(leaks(of: scene.secrets, in: scene.job.log.text) == [])
    }

    @Test(arguments: systems)
    func `no failure shows a secret`(system: StepJob.System) throws {
        let scene = try Scene(system)
        try scene.step("\(Self.mint(system, "--ttl nonsense"))\necho \"${PULUMI_ACCESS_TOKEN-gone}\" >/dev/null")
        // A value where an id belongs.
        try scene.step("pulumi-token revoke \"$PULUMI_ACCESS_TOKEN\"; true")
        try scene.step("pulumi-token \"$PULUMI_ACCESS_TOKEN\"; pulumi-token mint \"--$PULUMI_ACCESS_TOKEN\"; true")
        try scene.step("pulumi-token mint --ttl \"$PULUMI_ACCESS_TOKEN\" --export none; true")
        try scene.step("pulumi-token exec -- \"$PULUMI_ACCESS_TOKEN\"; true")
        scene.machine.cloud.misbehave(.status(403, times: 0))
        try scene.step("\(Self.mint(system, "-v"))\ntrue")
        try scene.step("pulumi-token exec -v -- env; true")
        scene.machine.cloud.behave()
        #expect(leaks(of: scene.secrets, in: scene.written) == [])
        #expect(leaks(of: scene.secrets, in: scene.job.log.text) == [])
    }

    @Test(arguments: systems)
    func `only where something masks is a mask asked for`(system: StepJob.System) throws {
        let scene = try Scene(system)
        try scene.step(Self.mint(system))
        let asksInLog = scene.job.output.contains("add-mask") || scene.job.output.contains("setsecret")
        #expect(asksInLog == (system.masks && system != .buildkite))
        #expect(scene.job.output.contains("::add-mask::") == (system.isLikeGitHub || system == .gitLabWithStore))
        #expect(scene.job.output.contains("##vso[") == (system == .azure))
    }

    /// Whether a later shell knows which lease is the job's.
    private static func usesSession(_ system: StepJob.System) -> Bool { system != .none }
}
