import CloudEmulator
import Glibc
import Testing

/// `pulumi-token redact`: a filter for values that a job has anyway.
@Suite struct RedactCommandTests {
    private func result(
        _ options: [String],
        _ input: String,
        _ environment: [String: String]
    ) throws -> Run.Result {
        var launch = Launch([Workbench.executable, "redact"] + options, environment: environment)
        launch.input = Array(input.utf8)
        return try Run(launch).result()
    }

    private func redact(_ options: [String], _ input: String, _ environment: [String: String]) throws -> String {
        let result = try result(options, input, environment)
        #expect(result.code == 0)
        #expect(result.error.isEmpty)
        return result.text
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
        var launch = Launch([Workbench.executable, "redact", "--env", "ODD"], environment: [:])
        let odd: [UInt8] = [0xFF, 0xFE, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85]
        launch.environment.append(Array("ODD=".utf8) + odd)
        launch.input = [0x00] + odd + [0x00]
        #expect(try Run(launch).result().output == [0x00] + Array("***".utf8) + [0x00])
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
        #expect(result.code == 64)
        #expect(result.output.isEmpty)
        #expect(result.errorText.contains(message))
    }

    @Test func `what holds no secret passes byte by byte`() throws {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<2_000_001).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let folder = try Workbench()
        let path = try folder.write("random", bytes)
        let script = "\"$0\" redact < \(path)"
        let words = ["/bin/sh", "-c", script, Workbench.executable]
        let result = try Run(Launch(words, environment: ["PULUMI_ACCESS_TOKEN": "pul-0123456789abcdef"])).result()
        #expect(result.output == bytes)
    }

    @Test func `a prompt passes at once`() throws {
        var launch = Launch([Workbench.executable, "redact"], environment: ["PULUMI_ACCESS_TOKEN": "pul-0123456789"])
        launch.input = nil
        let run = try Run(launch)
        for text in ["Password: ", "pul", "-012", "x"] {
            run.send(text)
            try run.await(text)
        }
        run.closeInput()
        #expect(try run.result().text == "Password: pul-012x")
    }

    @Test func `when nobody reads any more, it ends as cat would`() throws {
        let script = "yes | \"$0\" redact | head -1; echo ${PIPESTATUS[1]}"
        let words = ["/bin/bash", "-c", script, Workbench.executable]
        let environment = ["PULUMI_ACCESS_TOKEN": "pul-0123456789", "PATH": "/usr/bin:/bin"]
        let result = try Run(Launch(words, environment: environment)).result()
        #expect(result.text == "y\n141\n")
        #expect(result.error.isEmpty)
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func `a signal ends it`(number: Int32) throws {
        var launch = Launch([Workbench.executable, "redact"], environment: ["PULUMI_ACCESS_TOKEN": "pul-0123456789"])
        launch.input = nil
        let run = try Run(launch)
        run.send("shown\n")
        try run.await("shown\n")
        run.signal(number)
        #expect(try run.result().code == 128 + number)
    }

    @Test func `a gibibyte passes in constant memory`() throws {
        let script = "head -c 1073741824 /dev/zero; echo last; sleep 1000 & echo $! >&2; wait"
        let words = ["/bin/sh", "-c", "(\(script)) | exec \"$0\" redact | tail -c 5", Workbench.executable]
        let environment = ["PULUMI_ACCESS_TOKEN": "pul-0123456789", "PATH": "/usr/bin:/bin"]
        let run = try Run(Launch(words, environment: environment))
        try run.awaitError("\n")
        let filter = try #require(
            ProcessTree(of: run.pid).pids.first { contents("/proc/\($0)/cmdline").ends(with: "redact\0") }
        )
        #expect(try #require(processStatus(filter, "VmHWM")) <= 16 << 10, "KiB")
        kill(try #require(pid_t(String(decoding: run.error, as: UTF8.self).dropLast())), SIGKILL)
        #expect(try run.result().text == "last\n")
    }
}

extension [UInt8] {
    fileprivate func ends(with text: String) -> Bool {
        suffix(text.utf8.count).elementsEqual(text.utf8)
    }
}
