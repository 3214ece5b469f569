internal import Secrets

/// Which job of which run this is.
package struct JobIdentity: Sendable, Equatable {
    /// The system's identifier: "github".
    package var system: String
    /// The server's address; nil when the system does not say.
    package var server: String?
    /// "ORG/REPO", or what the system has instead.
    package var repository: String?
    /// The run (pipeline, build) that the job belongs to.
    package var run: String
    /// Which try of the whole run; nil where a run is never tried again under the same number.
    package var attempt: String?
    /// The job's name.
    package var job: String?
    /// The job's own number, where a run has jobs that end long before it.
    package var number: String?
    /// Where a person can look at the run.
    package var url: String?

    init(
        system: String,
        server: String? = nil,
        repository: String? = nil,
        run: String,
        attempt: String? = nil,
        job: String? = nil,
        number: String? = nil,
        url: String? = nil
    ) {
        self.system = system
        self.server = server
        self.repository = repository
        self.run = run
        self.attempt = attempt
        self.job = job
        self.number = number
        self.url = url
    }

    /// With `***` for what looks like a credential in a name that somebody chose.
    var withoutCredentials: JobIdentity {
        var identity = self
        identity.server = server.map(UserText.hidingCredentials)
        identity.repository = repository.map(UserText.hidingCredentials)
        identity.run = UserText.hidingCredentials(run)
        identity.job = job.map(UserText.hidingCredentials)
        identity.number = number.map(UserText.hidingCredentials)
        identity.url = url.map(UserText.hidingCredentials)
        return identity
    }

    /// `github ORG/REPO run 123.1 deploy`, and on GitLab `gitlab GROUP/PROJECT run 555 job 789 deploy`.
    package var description: String {
        [origin, job].compactMap(\.self).joined(separator: " ")
    }

    /// The same without the job's name: what is needed to find out later whether it is over.
    package var origin: String {
        let tried = attempt.map { "\(run).\($0)" } ?? run
        return [system, repository, "run \(tried)", number.map { "job \($0)" }].compactMap(\.self).joined(
            separator: " "
        )
    }

    /// The same on every machine that works for this run, and different for any other run.
    ///
    /// Its digest marks tokens.
    package var canonicalRun: String {
        canonicalLine(system, server, repository, run, attempt)
    }
}

/// Joins fields so that different fields never give the same line.
func canonicalLine(_ fields: String?...) -> String {
    fields.map { escapedField($0 ?? "") }.joined(separator: "|")
}

private func escapedField(_ field: String) -> String {
    field.unicodeScalars.reduce(into: "") { line, scalar in
        switch scalar {
        case "%": line += "%25"
        case "|": line += "%7C"
        case _ where scalar.value < 0x20 || scalar.value == 0x7F:
            line += "%" + (scalar.value < 0x10 ? "0" : "") + String(scalar.value, radix: 16, uppercase: true)
        default: line.unicodeScalars.append(scalar)
        }
    }
}
