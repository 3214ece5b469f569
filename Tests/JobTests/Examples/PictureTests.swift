import CloudEmulator
import JobBench
import TestBench
import Testing

/// The pictures of the README show what the executable says.
@Suite(.hangLimit, .ownThreads) struct PictureTests {
    /// The lines of a picture, as text.
    private func lines(of picture: String) throws -> [String] {
        try Repository.text(picture).split(separator: "\n").filter { $0.contains("<text ") }.map { line in
            let text = String(line).between("\">", "</text>")
            return text.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&amp;", with: "&")
        }
    }

    /// Without what differs from run to run: ids, times, and the end of base64 that no filter can know.
    private func normalized(_ line: String) -> String {
        if line.hasPrefix("***"), line.count <= 6 { return "***" }
        return line.split(separator: " ", omittingEmptySubsequences: false).map { word in
            let isID = word.count >= 36 && word.split(separator: "-").count == 5
            let isTime = word.hasSuffix("Z,") && word.contains("T")
            return isID ? "ID" + word.dropFirst(36) : isTime ? "TIME," : String(word)
        }.joined(separator: " ")
    }

    @Test(arguments: ["light", "dark"])
    func `the picture is what its command says`(colors: String) throws {
        let shown = try lines(of: "docs/images/exec-\(colors).svg")
        let first = try #require(shown.first)
        #expect(first.hasPrefix("$ pulumi-token exec ") && shown.contains { $0.contains("***") })
        let machine = try BuildMachine()
        let script = String(first.dropFirst(2))
        let outcome = try machine.shell("sh", script, adding: ["PULUMI_BACKEND_URL": machine.cloud.url])
        #expect(outcome.status == 0)
        // The token is revoked while the last output is still on its way, so each stream has an order of its own.
        let said = outcome.error.split(separator: "\n").map(String.init)
        let output = outcome.output.split(separator: "\n").map(String.init)
        let isSaid = { (line: String) in line.hasPrefix("pulumi-token: ") }
        let expected = shown.dropFirst()
        #expect(said.map(normalized) == expected.filter(isSaid).map(normalized), "run scripts/picture")
        #expect(output.map(normalized) == expected.filter { !isSaid($0) }.map(normalized), "run scripts/picture")
        #expect(machine.cloud.liveTokens.isEmpty)
    }
}
