// The loop of the client programs in JavaScript; see t/clients/lib/Client.pm.
'use strict';

const readline = require('node:readline');

const now = () => Number(process.hrtime.bigint()) / 1e6;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Where to connect, and as whom, as a connection string with what is asked for.
function url() {
	const setting = (name) => process.env[`CLIENT_${name}`];
	const place = `${setting('HOST')}:${setting('PORT')}/${setting('DATABASE')}`;
	const query = new URLSearchParams();

	if (setting('NAME'))
		query.set('application_name', setting('NAME'));
	if (setting('LABEL'))
		query.set('options', `-c pg_caliper.pool=${setting('LABEL')}`);
	return `postgresql://${setting('USER')}@${place}?${query}`.replace(/\+/g, '%20');
}

// One line in, one line out.
async function serve(verbs) {
	for await (const line of readline.createInterface({ input: process.stdin })) {
		const [verb, ...words] = line.split(' ');

		try {
			const facts = await verbs[verb](...words) ?? {};
			console.log(['ok', ...Object.entries(facts).map(([k, v]) => `${k}=${v}`)].join(' '));
		} catch (error) {
			console.log('error ' + String(error.stack).replace(/\s+/g, ' '));
		}
	}
}

// Run the same thing n times at once; how many succeeded, and how many did not.
async function atOnce(n, run) {
	const results = await Promise.allSettled(Array.from({ length: n }, run));
	const failed = results.filter((r) => r.status === 'rejected');

	return { done: results.length - failed.length, refused: failed.length,
		reason: String(failed[0]?.reason?.message ?? '').replace(/\s+/g, '_') };
}

// Requests that arrive at random, so many per second, whether or not the ones
// before are done; how many succeeded, and how many did not.
async function arrivals(rate, seconds, run) {
	const end = now() + seconds * 1000;
	const all = [];

	while (now() < end) {
		all.push(run().then(() => null, (error) => error));
		await sleep(-Math.log(1 - Math.random()) * 1000 / rate);
	}
	const failed = (await Promise.all(all)).filter((error) => error !== null);

	return { done: all.length - failed.length, failed: failed.length,
		reason: String(failed[0]?.message ?? '').replace(/\s+/g, '_') };
}

module.exports = { arrivals, atOnce, now, serve, sleep, url };
