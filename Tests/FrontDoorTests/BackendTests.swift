import FoundationEssentials
import HostSystem
import Secrets
import StubTransport
import TestBench
import TestMachine
import Testing
import TokenLifecycle

@testable import Supervision
@testable import pulumi_token

/// Backends × login × `PULUMI_BACKEND_URL` × project: the job's Pulumi CLI works with the backend that it had before,
/// whatever we export, or nothing is minted.
@Suite struct BackendTests {
    /// What `pulumi login` left.
    enum Login: CaseIterable, Sendable {
        case none, usualCloud, otherCloud, diy, encrypted, malformed

        var current: String? {
            switch self {
            case .usualCloud: BackendTests.usual
            case .otherCloud: BackendTests.other
            case .diy: "file://~"
            case .none, .encrypted, .malformed: nil
            }
        }

        /// The file; nil for none.
        var text: String? {
            switch self {
            case .none: nil
            case .encrypted: #"{"$pulumiSecureStore":1,"backend":"keyring"}"#
            case .malformed: "no JSON"
            default:
                current.map {
                    #"{"version":1,"current":"\#($0)","accounts":{"\#($0)":{"accessToken":"stored-value"}}}"#
                }
            }
        }

        /// Whether only the CLI knows what is in it.
        var isUnreadable: Bool { self == .encrypted || self == .malformed }
    }

    /// What else names a backend: the variable, and the project.
    struct Names: Sendable {
        var variable: String?
        var project: String?

        var decided: String? { variable ?? project }

        static let all = [nil, BackendTests.usual, BackendTests.other, "s3://variable"].flatMap { variable in
            [nil, BackendTests.usual, BackendTests.other, "s3://project"].map { Names(variable: variable, project: $0) }
        }
    }

    private struct SavedLogin: Decodable {
        var current: String?
    }

    fileprivate static let usual = "https://api.pulumi.com"
    fileprivate static let other = "https://self.acme.test"

    private func isCloud(_ backend: String) -> Bool { backend.hasPrefix("https:") }

    private func prepare(_ machine: Machine, _ login: Login, _ names: Names) throws {
        try machine.disk.makeFolder("home/.pulumi")
        machine.variables["PULUMI_HOME"] = machine.disk.file("home/.pulumi")
        machine.variables["PULUMI_BACKEND_URL"] = names.variable
        if let text = login.text { try machine.disk.write(text, to: "home/.pulumi/credentials.json") }
        if let project = names.project {
            try machine.disk.write("name: app\nbackend: {url: '\(project)'}\n", to: "Pulumi.yaml")
        }
    }

    /// The backend that the CLI takes, in its order.
    private func backend(_ variables: [String: String], _ project: String?) throws -> String {
        if let variable = variables["PULUMI_BACKEND_URL"] { return variable }
        if let project { return project }
        let folder = variables["PULUMI_CREDENTIALS_PATH"] ?? variables["PULUMI_HOME"] ?? ""
        let login = contents(of: folder + "/credentials.json")
            .flatMap { try? JSONDecoder().decode(SavedLogin.self, from: Data($0)) }
        return login?.current ?? Self.usual
    }

    /// The job of a mint or of the action: same backend, our credential, and no stored one.
    private func check(_ machine: Machine, _ before: String, _ exported: [String: String], _ names: Names) throws {
        let job = machine.variables.merging(exported) { $1 }
        #expect(try backend(job, names.project) == before)
        // A helper would come before the variable.
        #expect(job["PULUMI_CREDENTIAL_HELPER"] == "none" && job["PULUMI_ACCESS_TOKEN"] == "value-1")
        let copy = text(of: (job["PULUMI_CREDENTIALS_PATH"] ?? "") + "/credentials.json") ?? ""
        #expect(!copy.contains("stored-value"))
    }

    @Test(arguments: Login.allCases, Names.all)
    func `a mint keeps the backend of its job, and is for its cloud`(login: Login, names: Names) throws {
        let (machine, cloud) = try Machine.withCloud()
        try prepare(machine, login, names)
        let mint = try machine.run("mint", "--export", "shell", "--session", "s")
        // Beside a DIY backend, the login says which cloud is meant.
        guard !login.isUnreadable || names.decided.map(isCloud) == true else {
            #expect(mint.code == 66 && cloud.requests == [])
            let file = machine.disk.file("home/.pulumi/credentials.json")
            let problem = login == .encrypted ? "cannot read \(file): " : "\(file) is "
            #expect(mint.error.contains("error: " + problem) && mint.error.contains("--no-isolate"), "\(mint)")
            return
        }
        #expect(mint.code == 0, "\(mint)")
        let before = names.decided ?? login.current ?? Self.usual
        let exported = ShellVariables.exported(by: mint.output)
        try check(machine, before, exported, names)
        let loginCloud = login.current.flatMap { isCloud($0) ? $0 : nil }
        let expected = isCloud(before) ? before : loginCloud ?? Self.usual
        let record = try #require(machine.records(below: "home/.local").first.flatMap { text(of: $0) })
        #expect(record.contains("\"cloud\":\"\(expected)\""), "\(record)")
        // The CLI finds the cloud of the token beside a DIY backend by the other variable.
        let isTold = !isCloud(before) && loginCloud != nil
        #expect(exported["PULUMI_API"] == (isTold ? expected : nil))
    }

    @Test(arguments: Login.allCases, Names.all)
    func `a command that exec starts keeps the backend of its job`(login: Login, names: Names) throws {
        let (machine, cloud) = try Machine.withCloud()
        try prepare(machine, login, names)
        var given: [String: String] = [:]
        let code = try variables(ofExecOn: machine, &given)
        guard !login.isUnreadable || names.decided.map(isCloud) == true else {
            #expect(code == .unreadableFile && cloud.requests == [] && given.isEmpty)
            return
        }
        #expect(code == .done)
        try check(machine, names.decided ?? login.current ?? Self.usual, given, names)
    }

    /// What `exec` adds to the environment of its command, which is not started.
    private func variables(ofExecOn machine: Machine, _ given: inout [String: String]) throws -> ExitCode {
        let words = ["exec", "--session", "s", "--", "/bin/true"]
        var code = ExitCode.done
        _ = try machine.run(words) { context in
            do throws(Explanation) {
                let arguments = try explaining { () throws(UsageError) in
                    try ArgumentParser(command: .exec, environment: context.environment).parse(Array(words.dropFirst()))
                }
                let exec = ExecCommand(arguments: arguments, context: context)
                var report = try CommandReport(arguments, in: context)
                let plan = try CommandPlan(exec, &report)
                let token = try exec.mint(plan, as: ["PULUMI_ACCESS_TOKEN"], &report)
                given = token.environment.variables
            } catch {
                code = error.exitCode
            }
            return code
        }
        return code
    }

    @Test(arguments: Login.allCases, Names.all)
    func `the action keeps the backend of its job, or stops where that is another cloud`(
        login: Login,
        names: Names
    ) throws {
        let job = try ActionJob()
        try prepare(job.machine, login, names)
        let main = try job.main()
        let clouds = [names.variable, names.project].compactMap(\.self).filter(isCloud)
        guard clouds.allSatisfy({ $0 == Self.usual }) else {
            #expect(main.code == 64 && job.cloud.requests == [])
            #expect(main.error.contains(Self.usual), "\(main)")
            return
        }
        guard !login.isUnreadable || names.decided != nil else {
            #expect(main.code == 66 && job.cloud.requests == [] && main.error.contains("PULUMI_BACKEND_URL"))
            return
        }
        #expect(main.code == 0, "\(main)")
        try check(job.machine, names.decided ?? login.current ?? Self.usual, job.exported, names)
    }
}

extension CommandEnvironment {
    /// As the command finds them.
    fileprivate var variables: [String: String] {
        strings().withList { list in
            var found: [String: String] = [:]
            var entry = list
            while let text = entry.pointee {
                let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                if parts.count == 2 { found[String(parts[0])] = String(parts[1]) }
                entry += 1
            }
            return found
        }
    }
}

/// What a shell has after it evaluated what `--export shell` printed.
enum ShellVariables {
    static func exported(by script: String) -> [String: String] {
        script.split(separator: "\n").reduce(into: [:]) { found, line in
            for part in line.split(separator: ";") {
                let word = part.drop { $0 == " " }
                guard word.hasPrefix("export "), let equals = word.firstIndex(of: "=") else { continue }
                let value = word[word.index(after: equals)...].filter { $0 != "'" }
                found[String(word[..<equals].dropFirst("export ".count))] = value
            }
        }
    }
}
