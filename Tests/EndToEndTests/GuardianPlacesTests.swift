import CloudEmulator
import Glibc
import JobBench
import TestBench
import Testing

/// A guardian where processes are hidden, adopted, counted or not shown at all.
@Suite(.ownThreads, .enabled(if: geteuid() == 0, "it takes root to make such a place"))
struct GuardianPlacesTests {
    private let machine: BuildMachine
    /// Ours, where every user can run it.
    private let executable: String

    init() throws {
        machine = try BuildMachine()
        executable = machine.sandbox.file("pulumi-token")
        _ = try Program("cp", [Executable.path, executable]).run()
    }

    struct Place: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// What runs the words that follow.
        var words: [String]
        /// Without privileges.
        var isForNobody = false
        var killsGroup = false
    }

    private static let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    /// A parent that waits for nobody's end.
    private static let careless = "import os, signal, sys; os.spawnvp(os.P_NOWAIT, sys.argv[1], sys.argv[1:]); "
    private static let adopting = "import ctypes; ctypes.CDLL(None).prctl(36, 1, 0, 0, 0); "

    /// What runs words among mounts of its own.
    private static func inMounts(after change: String) -> [String] {
        ["unshare", "--mount", "sh", "-c", change + " && exec \"$0\" \"$@\""]
    }

    private static let places = [
        Place(testDescription: "a session of its own", words: ["setsid", "--wait"], killsGroup: true),
        Place(
            testDescription: "another user by su",
            words: ["su", "-p", "-s", "/bin/sh", "nobody", "-c", "exec \"$0\" \"$@\"", "--"],
            isForNobody: true
        ),
        Place(
            testDescription: "a /proc that hides processes",
            words: inMounts(after: "mount -t proc -o hidepid=2 proc /proc") + nobody,
            isForNobody: true
        ),
        Place(
            testDescription: "a namespace whose process 1 reaps nobody",
            words: ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "python3", "-c"]
                + [careless + "signal.pause()"]
        ),
        Place(testDescription: "below a subreaper", words: ["python3", "-c", adopting + careless + "signal.pause()"]),
        Place(
            testDescription: "a disk that is full by then",
            words: inMounts(after: "mount -t tmpfs -o size=128k none \"$HOME\"")
        ),
    ]

    @Test(arguments: places)
    func `after SIGKILL the token is revoked with nothing run`(place: Place) throws {
        if place.isForNobody { _ = try Program("chown", ["-R", "65534:65534", machine.sandbox.path]).run() }
        let fill = "head -c 1000000 /dev/zero > \"$HOME/fill\" 2> /dev/null; rm -f \"$HOME/none\""
        let command = "\(place.testDescription.hasPrefix("a disk") ? fill : ":"); echo ready; while :; do sleep 1; done"
        let words = [executable, "exec", "--no-redact", "--", "/bin/sh", "-c", command]
        var program = Program("env", place.words + words, environment: machine.withCredential)
        program.hasOwnGroup = true
        let run = try program.start()
        try run.await("ready")
        #expect(machine.cloud.liveTokens.count == 1)
        let supervisor = try #require(
            ProcessTree(of: run.process).pids.first {
                text(of: "/proc/\($0)/cmdline")?.hasPrefix("\(executable)\0exec\0") == true
            }
        )
        kill(place.killsGroup ? -supervisor : supervisor, SIGKILL)
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
        kill(-run.process, SIGKILL)
        _ = try run.waitForExit()
    }

    @Test func `where the user has no more processes, everything works as without it`() throws {
        _ = try Program("chown", ["-R", "65534:65534", machine.sandbox.path]).run()
        let run = { (command: [String]) in
            let words = Self.nobody + ["prlimit", "--nproc=1", executable] + command
            return try Program("env", words, environment: machine.withCredential).run()
        }
        let mint = try run(["mint", "--export", "none", "--session", "s", "-v"])
        #expect(mint.status == 0 && mint.error.contains("no guardian: "), "\(mint.error)")
        #expect(machine.cloud.liveTokens.count == 1)
        #expect(try run(["revoke", "--session", "s"]).status == 0)
        #expect(machine.cloud.liveTokens.isEmpty)
    }

    @Test func `without a proc file system nothing begins`() throws {
        let words = Self.inMounts(after: "umount -l /proc") + [executable, "mint", "--export", "none"]
        let result = try Program("env", words, environment: machine.withCredential).run()
        #expect(result.status == 128 + SIGABRT || result.signal == SIGABRT)
        #expect(machine.cloud.requests.isEmpty && machine.leases.isEmpty)
    }
}
