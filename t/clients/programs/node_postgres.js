// node-postgres: a pool of at most ten connections, its default.
'use strict';

const { Pool } = require('pg');
const { arrivals, atOnce, now, serve, sleep, url } = require('./serve.js');

const pool = new Pool({ connectionString: url(), connectionTimeoutMillis: 2000 });

// A connection that the server ends while it is idle is no reason to exit.
pool.on('error', () => {});

async function transaction(ms) {
	const client = await pool.connect();
	const began = now();
	let gap;

	try {
		await client.query('BEGIN');
		await client.query('SELECT count(*) FROM item');
		gap = now();
		await sleep(ms);
		gap = now() - gap;
		await client.query('INSERT INTO item (name) VALUES ($1)', ['thing']);
		await client.query('COMMIT');
		return { gap, held: now() - began };
	} finally {
		client.release();
	}
}

serve({
	// So many connections at the same time; those that were opened stay.
	async open(n) {
		const clients = [];
		const result = await atOnce(Number(n), async () => clients.push(await pool.connect()));

		clients.forEach((client) => client.release());
		return result;
	},
	async statements(n) {
		for (let i = 0; i < n; i++)
			await pool.query('SELECT $1::int', [i]);
	},
	parallel: (n, ms) => atOnce(Number(n), () => pool.query('SELECT pg_sleep($1)', [ms / 1000])),
	async transactions(n, ms) {
		const sum = { gap: 0, held: 0 };

		for (let i = 0; i < n; i++) {
			const { gap, held } = await transaction(ms);
			sum.gap += gap;
			sum.held += held;
		}
		return sum;
	},
	fail: () => atOnce(1, () => pool.query('SELECT 1/0')),
	async rename(name) {
		await pool.query(`SET application_name = '${name}'`);
	},
	async tagged(route) {
		await pool.query(`SELECT 'tagged' /*route='${encodeURIComponent(route)}'*/`);
	},
	async hold() {
		const client = await pool.connect();

		await client.query('BEGIN');
		await client.query('SELECT 1');
	},
	// Faults of applications, for so many seconds.
	keeps: (seconds) => arrivals(18, seconds, async () => {
		const client = await pool.connect();

		await client.query('SELECT name FROM item WHERE id = 1');
		await sleep(700);    // another system is asked
		client.release();
	}),
	leaks: (seconds) => arrivals(1, seconds, async () => {
		const another = new Pool({ connectionString: url(), idleTimeoutMillis: 0 });

		another.on('error', () => {});
		await another.query('SELECT name FROM item WHERE id = 2');
	}),
	async small(seconds) {
		const two = new Pool({ connectionString: url(), max: 2 });
		const facts = await arrivals(30, seconds,
			() => two.query('SELECT pg_sleep(0.08), $1::int', [seconds]));

		await two.end();
		return facts;
	},
	fine: (seconds) => arrivals(60, seconds, () => pool.query('SELECT pg_sleep(0.05)')),
	close: () => pool.end(),
});
