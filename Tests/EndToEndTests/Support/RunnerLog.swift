import FoundationEssentials
import TestProcesses

/// The log of a job as GitHub's runner makes it of what the processes write.
struct RunnerLog {
    /// What a reader of the log sees.
    private(set) var shown = ""
    /// The values that a step asked to mask.
    private(set) var masks: [String] = []
    private(set) var annotations: [String] = []

    /// The runner handles standard error before standard output.
    mutating func take(_ outcome: Outcome) {
        for line in outcome.error.split(separator: "\n", omittingEmptySubsequences: false) { take(String(line)) }
        for line in outcome.output.split(separator: "\n", omittingEmptySubsequences: false) { take(String(line)) }
    }

    mutating func take(_ line: String) {
        let text = line.drop { $0 == " " }
        guard text.hasPrefix("::add-mask::") else {
            if let kind = ["::error", "::warning", "::notice"].first(where: text.hasPrefix) {
                annotations.append(masked(String(text.dropFirst(kind.count))))
            }
            shown += masked(line) + "\n"
            return
        }
        let value = unescaped(String(text.dropFirst("::add-mask::".count)))
        for part in [value] + value.split(whereSeparator: \.isNewline).map(String.init) where !part.isEmpty {
            masks.append(part)
        }
    }

    /// The runner also masks base64 of a value as a whole, and after one or two bytes of something else.
    private func masked(_ line: String) -> String {
        var line = line
        for mask in masks {
            let bytes = Array(mask.utf8)
            for form in [mask] + (0..<3).map({ Data(bytes.dropFirst($0)).base64EncodedString() }) where !form.isEmpty {
                line = line.replacing(form, with: "***")
            }
        }
        return line
    }

    private func unescaped(_ text: String) -> String {
        text.replacing("%0D", with: "\r").replacing("%0A", with: "\n").replacing("%25", with: "%")
    }
}
