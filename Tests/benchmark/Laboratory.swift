import CloudEmulator
import JobBench
import TestBench

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A cloud on this machine whose authority the system trusts, and jobs that use it.
final class Laboratory {
    let machine: BuildMachine
    private(set) var job: GitHubJob
    let runs: Int
    /// How many machines there were.
    private var round = 0

    init(runs: Int) throws {
        self.runs = runs
        machine = try BuildMachine {
            $0.exchange.policies = [
                .init(tokenType: "personal", subject: "*"), .init(tokenType: "organization", subject: "*"),
            ]
            $0.exchangedTokensMayMint = true
        }
        try Self.trust(machine.caFile)
        for name in ["PULUMI_TOKEN_CLOUD_URL", "PULUMI_TOKEN_CA_FILE"] { machine.environment[name] = nil }
        machine.environment["URL"] = machine.cloud.url
        // The cheapest way to let Node trust what the system does: its own for one more authority costs 20 ms.
        machine.environment["NODE_OPTIONS"] = "--use-openssl-ca"
        job = try GitHubJob(machine)
        try reset()
    }

    /// Adds an authority as a company does; `scripts/bench` sees to it that only this process tree sees that.
    private static func trust(_ file: String) throws {
        guard getenv("PULUMI_TOKEN_BENCH_INSIDE") != nil else { throw BenchError("start it by scripts/bench") }
        let place = "/usr/local/share/ca-certificates/company.crt"
        let copy = try Program("install", ["-m", "0644", file, place]).run()
        let update = try Program("update-ca-certificates").run()
        guard copy.status == 0, update.status == 0 else { throw BenchError(copy.log + update.log) }
    }

    /// A program in C that `scripts/bench` has built beside this one.
    static func builtProgram(_ name: String) throws -> String {
        guard let path = getenv("PULUMI_TOKEN_BENCH_INSIDE") else { throw BenchError("start it by scripts/bench") }
        return String(cString: path).split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/" + name
    }

    /// The environment of a step with the credential in a variable.
    var step: [String: String] {
        job.environment.filter { !$0.key.hasPrefix("INPUT_") }.merging([
            "PULUMI_ACCESS_TOKEN": machine.parent, "PULUMI_TOKEN_CLOUD_URL": machine.cloud.url,
        ]) { $1 }
    }

    /// A machine that has seen no job yet, and the runner's files, empty.
    ///
    /// What the last round left stays until the benchmark ends: ext4 passes over inodes that were freed a moment ago,
    /// and looking for others costs every new file of the next round up to 4 ms.
    func reset() throws {
        round += 1
        machine.environment["HOME"] = try machine.sandbox.makeFolder("home-\(round)")
        machine.environment["TMPDIR"] = try machine.sandbox.makeFolder("tmp-\(round)")
        job = try GitHubJob(machine, named: "job-\(round)")
        job.inputs = ["access-token": machine.parent, "cloud-url": machine.cloud.url]
        job.variables = [
            "ACTIONS_ID_TOKEN_REQUEST_URL": machine.cloud.identityRequestURL,
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": machine.cloud.identityRequestToken,
        ]
        try job.prepare()
    }

    func ours(_ arguments: [String], _ environment: [String: String]) -> Program {
        Program(Executable.path, arguments, environment: environment)
    }

    func succeeded(_ outcome: Outcome) throws {
        guard outcome.status == 0 else { throw BenchError("exit \(outcome.status): \(outcome.log)") }
    }

    /// A token that was minted earlier; its id.
    func plantedToken() throws -> String {
        guard let id = machine.cloud.plant(Seed(count: 1)).first else { throw BenchError("no token") }
        return id
    }
}
