import CloudEmulator
import Glibc
import JobBench
import TestBench
import Testing

/// What `exec` needs of a machine, and what it may leave there.
extension BuildMachine {
    /// As a user's shell has it: a credential, and no variable of ours.
    var shellEnvironment: [String: String] {
        var environment = withCredential
        for name in ["PULUMI_TOKEN_CLOUD_URL", "PULUMI_TOKEN_CA_FILE"] { environment[name] = nil }
        return environment.merging(["PULUMI_BACKEND_URL": cloud.url, "SSL_CERT_FILE": caFile]) { $1 }
    }

    /// Starts `pulumi-token WORDS`, in a process group of its own.
    func start(_ words: [String], _ change: (inout Program) -> Void = { _ in }) throws -> RunningProgram {
        var program = Program(Executable.path, words, environment: shellEnvironment)
        program.hasOwnGroup = true
        change(&program)
        return try program.start()
    }

    /// Runs `pulumi-token exec -q -- /bin/sh -c SCRIPT` to its end.
    func exec(
        _ options: [String] = [],
        _ script: String,
        _ change: (inout Program) -> Void = { _ in }
    ) throws -> Outcome {
        try start(["exec", "-q"] + options + ["--", "/bin/sh", "-c", script], change).wait()
    }

    /// The records of leases that are left.
    var leases: [String] { sandbox.names(in: "home/.local/state/pulumi-token").filter { !$0.hasPrefix(".") } }

    /// The guardians that hold the lock of a lease of this machine.
    ///
    /// - Throws: for all users but root, who would find none; see `seesGuardians`.
    func guardians() throws -> [Int32] {
        guard geteuid() == 0 else { throw BenchError("it takes root to see whose guardian a process is") }
        return try names(in: "/proc").compactMap { Int32($0) }.filter { pid in
            guard text(of: "/proc/\(pid)/comm") == "pulumi-token-gd\n" else { return false }
            // Of a process that has just ended there is nothing to see any more.
            let descriptors = (try? names(in: "/proc/\(pid)/fd")) ?? []
            return descriptors.contains { target(of: "/proc/\(pid)/fd/\($0)").hasPrefix(sandbox.path) }
        }
    }

    /// The process beside a run that guards its token; it has its name a moment after its program.
    func awaitGuardian() throws -> Int32? {
        for _ in 0..<RunningProgram.patience / 20 {
            if let guardian = try guardians().first { return guardian }
            poll(nil, 0, 20)
        }
        return nil
    }

    /// It tidies up after the cloud's last reply.
    func awaitNoGuardian() throws -> Bool {
        for _ in 0..<RunningProgram.patience / 20 {
            if try guardians().isEmpty { return true }
            poll(nil, 0, 20)
        }
        return false
    }

    /// The private folders that are left with anything in them; a job's variable may name an empty one.
    var jobFolders: [String] {
        sandbox.names(in: "tmp").filter { name in
            name.hasPrefix("pulumi-token-")
                && !ScratchFolder.files(in: sandbox.file("tmp/\(name)")).allSatisfy { $0.hasSuffix("/over") }
        }
    }
}

extension Trait where Self == ConditionTrait {
    /// For tests with guardians that they look for: what such a process holds is shown to nobody but root.
    static var seesGuardians: Self { .enabled(if: geteuid() == 0, "it takes root to see whose guardian a process is") }
}

/// No live token, no record, no private folder.
func expectNothingLeft(_ machine: BuildMachine, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(machine.cloud.liveTokens.isEmpty, sourceLocation: sourceLocation)
    #expect(machine.leases.isEmpty, sourceLocation: sourceLocation)
    #expect(machine.jobFolders.isEmpty, sourceLocation: sourceLocation)
}

private func names(in path: String) throws -> [String] {
    guard let listing = opendir(path) else { throw BenchError("cannot list \(path)", code: errno) }
    defer { closedir(listing) }
    var found: [String] = []
    while let entry = readdir(listing) {
        found.append(
            withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
        )
    }
    return found
}

/// Where a link leads; empty when there is none.
private func target(of link: String) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
        guard let start = buffer.baseAddress else { return "" }
        let count = readlink(link, start, buffer.count)
        return String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
