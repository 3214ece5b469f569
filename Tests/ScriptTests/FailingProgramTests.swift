import TestBench
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// What scripts do when a program that they call fails, says nothing, or is stopped.
@Suite(.hangLimit, .ownThreads) struct FailingProgramTests {
    private let checkout: Checkout
    private let programs: ScratchFolder

    init() throws {
        checkout = try Checkout()
        programs = try ScratchFolder()
        try stub("swift", "exit 0")
    }

    /// A program on the path of the scripts.
    private func stub(_ name: String, _ script: String) throws {
        try programs.write("#!/bin/sh\n\(script)\n", to: name, mode: 0o755)
    }

    /// A script that another one calls.
    private func replace(_ name: String, _ script: String = "exit 0") throws {
        try checkout.folder.write("#!/bin/sh\n\(script)\n", to: "scripts/\(name)", mode: 0o755)
    }

    private func program(_ script: String, _ variables: [String: String] = [:]) -> Program {
        var program = checkout.program("scripts/\(script)")
        program.environment.merge(variables) { $1 }
        program.environment["PATH"] = "\(programs.path):\(program.environment["PATH"] ?? "")"
        return program
    }

    // MARK: scripts/fuzz

    private func stubFuzzer(listing names: String) throws {
        try replace("bootstrap")
        try stub("swift", "case $* in *--show-bin-path*) echo '\(programs.path)' ;; esac")
        let list = "[ -n \"$FUZZ_TARGET\" ] || { \(names); exit; }"
        try stub("fuzz", "\(list)\necho 'stat::number_of_executed_units: 7'")
    }

    @Test func `all targets are fuzzed, even if the environment names one`() throws {
        try stubFuzzer(listing: "echo json; echo reply")
        let outcome = try program("fuzz", ["FUZZ_TARGET": "json"]).run()
        #expect(outcome.status == 0, "\(outcome.error)")
        let targets = outcome.output.split(separator: "\n").map { $0.split(separator: " ").prefix(3) }
        #expect(targets == [["ok", "json", "7"], ["ok", "reply", "7"]])
    }

    @Test(arguments: ["true", "exit 3"])
    func `a fuzzer without targets fails`(list: String) throws {
        try stubFuzzer(listing: list)
        #expect(try program("fuzz").run().status != 0)
    }

    // MARK: scripts/lint

    @Test func `lint fails if Git cannot list the files`() throws {
        try stub("shellcheck", "exit 0")
        let outcome = try program("lint").run()
        #expect(outcome.status != 0 && outcome.error.contains("not a git repository"), "\(outcome.log)")
        #expect(try Program("git", ["-C", checkout.folder.path, "init", "--quiet"]).run().status == 0)
        let again = try program("lint").run()
        #expect(again.status == 0, "\(again.log)")
    }

    // MARK: scripts/bootstrap

    @Test func `packages are installed without questions, even through a sudo that passes no variables on`() throws {
        try stub("id", "echo 1000")
        try stub("sudo", "exec env -i PATH=\"$PATH\" \"$@\"")
        try stub("dpkg-query", "exit 1")
        try stub("apt-get", "[ $1 = install ] || exit 0\necho \"frontend: $DEBIAN_FRONTEND\" >&2\nexit 7")
        let outcome = try program("bootstrap").run()
        #expect(outcome.status == 7 && outcome.error.contains("frontend: noninteractive\n"), "\(outcome.log)")
    }

    // MARK: scripts/test

    /// Makes the build of the executable endless; that of the tests runs a script once the other one is under way.
    private func stubBuilds(_ script: String) throws {
        try replace("bootstrap")
        try checkout.folder.makePipe("started")
        try replace("build", "echo >started; exec sleep 120")
        try stub("swift", "read -r _ <started\n\(script)")
    }

    // The build keeps the streams open, so waiting for their end is waiting for the end of the build.

    @Test func `a failed build of the tests ends the build of the executable`() throws {
        try stubBuilds("exit 3")
        #expect(try program("test").run().status == 3)
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func `stopping the tests ends the build of the executable`(signal: Int32) throws {
        try stubBuilds("echo building; exec sleep 120")
        var program = program("test")
        program.hasOwnGroup = true
        let running = try program.start()
        try running.awaitError("building\n")
        running.signalGroup(signal)
        #expect(try running.wait().signal == signal)
    }

    @Test func `a failed build of the executable fails the tests`() throws {
        try replace("bootstrap")
        try replace("build", "exit 4")
        #expect(try program("test").run().status == 4)
    }

    @Test func `failed tests are named last, on a colorful terminal too`() throws {
        try replace("bootstrap")
        try replace("build")
        let marks = "[ -n \"$NO_COLOR\" ] && mark='✘' || mark=$(printf '\\033[91m✘\\033[0m')"
        let test = "echo \"$mark Test a() failed\"; seq 100; exit 1"
        try stub("swift", "[ \"$1\" = test ] || exit 0\n\(marks)\n\(test)")
        let outcome = try program("test", ["TERM": "xterm-256color"]).run()
        #expect(outcome.status == 1 && outcome.output.hasSuffix("\nfailed:\n✘ Test a() failed\n1\n2\n3\n"))
    }
}
