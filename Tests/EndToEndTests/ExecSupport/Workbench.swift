import CloudEmulator
import Glibc
import JobBench
import TestBench

/// A cloud, a folder and an environment for the static executable; all gone at the end of the test.
final class Workbench {
    let cloud: CloudEmulator
    /// An empty folder, which is also the home of the tool.
    private let scratch: ScratchFolder
    let parent: String

    init(_ configuration: Configuration = Configuration()) throws {
        cloud = try CloudEmulator(configuration)
        parent = cloud.parentToken()
        scratch = try ScratchFolder()
        try write("ca.pem", cloud.caPEM)
    }

    deinit {
        cloud.stop()
    }

    var folder: String { scratch.path }

    /// As a user's shell has it, with nothing of the CI system that runs the tests.
    var environment: [String: String] {
        [
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": folder,
            "TMPDIR": folder,
            "PULUMI_ACCESS_TOKEN": parent,
            "PULUMI_BACKEND_URL": cloud.url,
            "SSL_CERT_FILE": folder + "/ca.pem",
        ]
    }

    static var executable: String { Executable.path }

    /// Starts `pulumi-token WORDS`.
    func start(_ words: [String], _ change: (inout Launch) -> Void = { _ in }) throws -> Run {
        var launch = Launch([Self.executable] + words, environment: environment)
        change(&launch)
        return try Run(launch)
    }

    /// Runs `pulumi-token exec -q -- /bin/sh -c SCRIPT` to its end.
    func exec(
        _ options: [String] = [],
        _ script: String,
        _ change: (inout Launch) -> Void = { _ in }
    ) throws -> Run.Result {
        try start(["exec", "-q"] + options + ["--", "/bin/sh", "-c", script], change).result()
    }

    /// Writes a file into the folder; its path.
    @discardableResult
    func write(_ name: String, _ bytes: [UInt8], mode: mode_t = 0o644) throws -> String {
        try scratch.write(bytes, to: name, mode: mode)
    }

    @discardableResult
    func write(_ name: String, _ text: String, mode: mode_t = 0o644) throws -> String {
        try write(name, Array(text.utf8), mode: mode)
    }

    func remove(_ name: String) throws {
        guard unlink(folder + "/" + name) == 0 else { throw TestFailure("cannot remove \(name)") }
    }

    /// The names in a folder below the home, sorted, without hidden ones; empty when it is not there.
    func names(in path: String) -> [String] {
        scratch.names(in: path).filter { !$0.hasPrefix(".") }
    }

    /// The records of leases that are left.
    var leases: [String] { names(in: ".local/state/pulumi-token") }

    /// The private folders that are left.
    var jobFolders: [String] { names(in: "").filter { $0.hasPrefix("pulumi-token-") } }
}

struct TestFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
