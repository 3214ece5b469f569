import CloudEmulator
import Glibc
import JobBench
import TestBench
import Testing

/// `pulumi-token redact`: a filter for values that a job has anyway.
@Suite(.ownThreads) struct RedactCommandTests {
    private func result(
        _ options: [String],
        _ input: String,
        _ environment: [String: String]
    ) throws -> Outcome {
        var program = Program(Executable.path, ["redact"] + options, environment: environment)
        program.input = .bytes(Array(input.utf8))
        return try program.run()
    }

    private func redact(_ options: [String], _ input: String, _ environment: [String: String]) throws -> String {
        let result = try result(options, input, environment)
        #expect(result.status == 0)
        #expect(result.errorBytes.isEmpty)
        return result.output
    }

    @Test func `the value of PULUMI_ACCESS_TOKEN is replaced`() throws {
        let value = "pul-0123456789abcdef0123456789abcdef01234567"
        let shown = try redact([], "a \(value) b\(value)\(value)c", ["PULUMI_ACCESS_TOKEN": value])
        #expect(shown == "a *** b***c")
    }

    @Test func `so are the values of the variables that were named, and no others`() throws {
        let environment = ["ONE": "first-secret", "TWO": "second\nsecret", "PULUMI_ACCESS_TOKEN": "pul-unnamed"]
        let shown = try redact(
            ["--env", "ONE", "--env=TWO"],
            "first-secret second\nsecret pul-unnamed Zmlyc3Qtc2VjcmV0 second%0Asecret",
            environment
        )
        #expect(shown == "*** *** pul-unnamed *** ***")
    }

    @Test func `a value need not be text`() throws {
        var program = Program(Executable.path, ["redact", "--env", "ODD"], environment: [:])
        let odd: [UInt8] = [0xFF, 0xFE, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85]
        program.oddEnvironment.append(Array("ODD=".utf8) + odd)
        program.input = .bytes([0x00] + odd + [0x00])
        #expect(try program.run().outputBytes == [0x00] + Array("***".utf8) + [0x00])
    }

    @Test(
        arguments: [
            ([], [:], "'PULUMI_ACCESS_TOKEN' is not set"),
            ([], ["PULUMI_ACCESS_TOKEN": ""], "'PULUMI_ACCESS_TOKEN' is empty"),
            (["--env", "SECRET"], ["PULUMI_ACCESS_TOKEN": "pul-x"], "'SECRET' is not set"),
            (["--env", "A", "--env", "B"], ["A": "some-value", "B": ""], "'B' is empty"),
        ] as [([String], [String: String], String)]
    )
    func `a variable without a value is an error that names it`(
        options: [String],
        environment: [String: String],
        message: String
    ) throws {
        let result = try result(options, "text", environment)
        #expect(result.status == 64)
        #expect(result.outputBytes.isEmpty)
        #expect(result.error.contains(message))
    }

    @Test func `what holds no secret passes byte by byte`() throws {
        let bytes = try randomBytes(2_000_001)
        let folder = try ScratchFolder()
        let path = try folder.write(bytes, to: "random")
        let script = "\"$0\" redact < \(path)"
        let environment = ["PULUMI_ACCESS_TOKEN": "pul-0123456789abcdef"]
        let result = try Program("sh", ["-c", script, Executable.path], environment: environment).run()
        #expect(result.outputBytes == bytes)
    }

    @Test func `a prompt passes at once`() throws {
        var program = Program(Executable.path, ["redact"], environment: ["PULUMI_ACCESS_TOKEN": "pul-0123456789"])
        program.input = .held
        let run = try program.start()
        for text in ["Password: ", "pul", "-012", "x"] {
            run.send(text)
            try run.await(text)
        }
        run.closeInput()
        #expect(try run.wait().output == "Password: pul-012x")
    }

    @Test func `when nobody reads any more, it ends as cat would`() throws {
        let script = "yes | \"$0\" redact | head -1; echo ${PIPESTATUS[1]}"
        let words = ["-c", script, Executable.path]
        let environment = ["PULUMI_ACCESS_TOKEN": "pul-0123456789", "PATH": "/usr/bin:/bin"]
        let result = try Program("bash", words, environment: environment).run()
        #expect(result.output == "y\n141\n")
        #expect(result.errorBytes.isEmpty)
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func `a signal ends it`(number: Int32) throws {
        var program = Program(Executable.path, ["redact"], environment: ["PULUMI_ACCESS_TOKEN": "pul-0123456789"])
        program.input = .held
        let run = try program.start()
        run.send("shown\n")
        try run.await("shown\n")
        run.signal(number)
        #expect(try run.wait().status == 128 + number)
    }

    @Test func `a long value that repeats itself is hidden`() throws {
        let secret = String(repeating: "x", count: 120_000)
        var program = Program(Executable.path, ["redact", "--env", "SECRET"], environment: ["SECRET": secret])
        program.input = .bytes(Array("before \(secret) after\n\(secret.dropLast(2))y\n".utf8))
        let run = try program.run()
        #expect(run.status == 0 && run.output.hasPrefix("before *** after\n"), "\(run.error)")
    }

    @Test func `a gibibyte passes in constant memory`() throws {
        let script = "head -c 1073741824 /dev/zero; echo last; sleep 1000 & echo $! >&2; wait"
        let words = ["-c", "(\(script)) | exec \"$0\" redact | tail -c 5", Executable.path]
        let environment = ["PULUMI_ACCESS_TOKEN": "pul-0123456789", "PATH": "/usr/bin:/bin"]
        let run = try Program("sh", words, environment: environment).start()
        try run.awaitError("\n")
        let filter = try #require(
            ProcessTree(of: run.process).pids.first { text(of: "/proc/\($0)/cmdline")?.hasSuffix("redact\0") == true }
        )
        #expect(try #require(processStatus(filter, "VmHWM")) <= 16 << 10, "KiB")
        kill(try #require(pid_t(run.errorSoFar.dropLast())), SIGKILL)
        #expect(try run.wait().output == "last\n")
    }
}
