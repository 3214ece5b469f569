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
}
