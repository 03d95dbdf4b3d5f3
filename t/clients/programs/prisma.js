// Prisma 7 without a native engine: node-postgres does the talking.
'use strict';

const { PrismaPg } = require('@prisma/adapter-pg');
const { queryTags, withQueryTags } = require('@prisma/sqlcommenter-query-tags');
const { PrismaClient } = require(process.env.CLIENT_PRISMA);
const { arrivals, atOnce, now, serve, sleep, url } = require('./serve.js');

const prisma = new PrismaClient({
	adapter: new PrismaPg({ connectionString: url() }),
	comments: [queryTags()],
});

// Another system is asked to do something.
const pay = () => sleep(300 + 300 * Math.random());

serve({
	// A pool opens connections as it needs them, so it is made to need them.
	open: (n) => atOnce(Number(n), () => prisma.$queryRaw`SELECT 1 FROM pg_sleep(0.3)`),
	async statements(n) {
		for (let i = 0; i < n; i++)
			await prisma.item.findFirst({ where: { id: i } });
	},
	parallel: (n, ms) => atOnce(Number(n),
		() => prisma.$queryRaw`SELECT 1 FROM pg_sleep(${ms / 1000}::float8)`),
	async transactions(n, ms) {
		const sum = { gap: 0, held: 0 };

		for (let i = 0; i < n; i++) {
			const began = now();

			await prisma.$transaction(async (tx) => {
				await tx.item.count();
				const gap = now();
				await sleep(ms);
				sum.gap += now() - gap;
				await tx.item.create({ data: { name: 'thing' } });
			}, { timeout: 60000 });
			sum.held += now() - began;
		}
		return sum;
	},
	fail: () => atOnce(1, () => prisma.$queryRaw`SELECT 1/0`),
	async rename(name) {
		await prisma.$executeRawUnsafe(`SET application_name = '${name}'`);
	},
	async tagged(route) {
		await withQueryTags({ route }, () => prisma.item.findMany({ take: 1 }));
	},
	async hold() {
		await new Promise((held) => {
			prisma.$transaction(async (tx) => {
				await tx.item.count();
				held();
				await sleep(600000);
			}, { timeout: 600000 }).catch(() => {});
		});
	},
	// An application, for so many seconds, that pays inside its transaction, and
	// one that has paid before.
	inside: (seconds) => arrivals(22, seconds, () => withQueryTags({ route: '/checkout' },
		() => prisma.$transaction(async (tx) => {
			const item = await tx.item.findUnique({ where: { id: 3 } });
			await pay();
			await tx.item.count({ where: { id: item.id } });
		}))),
	outside: (seconds) => arrivals(22, seconds, () => withQueryTags({ route: '/checkout' },
		async () => {
			await pay();
			await prisma.$transaction(async (tx) => {
				const item = await tx.item.findUnique({ where: { id: 3 } });
				await tx.item.count({ where: { id: item.id } });
			});
		})),
	close: () => prisma.$disconnect(),
});
