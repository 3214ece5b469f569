internal import Secrets

/// Which run of a CI system, and which job of it, as the description of a token names them.
package struct RunReference: Hashable, Sendable {
    /// "ORG/REPO", or the path of a project.
    package var repository: String
    package var run: String
    package var attempt: String?
    /// The number of the job, where a run has jobs that end long before it.
    package var job: String?

    init(repository: String, run: String, attempt: String? = nil, job: String? = nil) {
        self.repository = repository
        self.run = run
        self.attempt = attempt
        self.job = job
    }

    /// Reads `github ORG/REPO run 123.1`, and on GitLab `gitlab GROUP/PROJECT run 555 job 789`: at the beginning of a
    /// text, or in brackets at its end.
    ///
    /// What it says is not proved: anybody can write it.
    init?(in text: String, of system: String) {
        if let start = text.lastIndex(of: "["), text.last == "]", start > text.startIndex,
            let reference = RunReference(words: text[text.index(after: start)...].dropLast(), of: system)
        {
            self = reference
        } else {
            guard let reference = RunReference(words: text[...], of: system) else { return nil }
            self = reference
        }
    }

    private init?(words text: Substring, of system: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count >= 4, words[0] == system, words[2] == "run", !words[1].isEmpty else { return nil }
        let numbers = words[3].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard numbers.allSatisfy(Self.isNumber) else { return nil }
        let hasJob = words.count >= 6 && words[4] == "job" && Self.isNumber(words[5])
        self.init(
            repository: String(words[1]),
            run: String(numbers[0]),
            attempt: numbers.count == 2 ? String(numbers[1]) : nil,
            job: hasJob ? String(words[5]) : nil
        )
    }

    private static func isNumber(_ word: Substring) -> Bool {
        (1...20).contains(word.utf8.count) && word.utf8.allSatisfy(\.isDigit)
    }
}

extension RunReference: CustomStringConvertible {
    package var description: String {
        "run \(run)\(attempt.map { ".\($0)" } ?? "")\(job.map { " job \($0)" } ?? "") of \(repository)"
    }
}
